/**
 * Text of the query language → {@link Query}. README.md in `server/streams` describes the language. Every
 * text either parses or throws a {@link QueryError} that points at the fault and says what to write.
 */
import { EOF, type IToken } from 'chevrotain'
import { type Query, QueryError } from './ast.ts'
import { checkTokens, MAX_QUERY_UNITS } from './check-tokens.ts'
import { type FieldInfo, fields, findField } from './fields.ts'
import { QueryGrammar } from './grammar.ts'
import { nearest } from './nearest.ts'
import { sizeQuery, timeQuery, zoneQuery } from './range-values.ts'
import { anyQuery, textQuery } from './text-values.ts'
import { And, Close, FieldName, Minus, Not, Or, Quoted, queryLexer } from './tokens.ts'

/** Who will answer: central from its inventory, or the machines themselves, now. */
export type Answerer = 'inventory' | 'machines'

/** Ages such as `first:<7d` count from this moment. Set for one parse at a time; parsing never waits. */
let now = 0
/** Of the same parse. */
let answerer: Answerer = 'inventory'

/** Building the grammar's tables takes some ms: once, and only where a query is parsed at all. */
let grammar: QueryGrammar | undefined

/** `nowMs`: milliseconds since 1970 UTC, from which ages count. Blank text asks for every stream. */
export function parseQuery(text: string, nowMs: number, answeredBy: Answerer = 'inventory'): Query {
  if (text.length > MAX_QUERY_UNITS) {
    throw new QueryError(
      `a query has ${MAX_QUERY_UNITS} characters at most`,
      MAX_QUERY_UNITS,
      text.length - MAX_QUERY_UNITS,
    )
  }
  const { tokens, errors } = queryLexer.tokenize(text)
  const fault = errors[0]
  if (fault !== undefined) {
    throw new QueryError('this cannot be read; put it in quotes', fault.offset, fault.length)
  }
  if (tokens.length === 0) return { kind: 'all' }
  checkTokens(text, tokens)
  grammar ??= new QueryGrammar(buildTerm)
  now = nowMs
  answerer = answeredBy
  grammar.input = tokens
  const query = grammar.query()
  const error = grammar.errors[0]
  if (error !== undefined) {
    const at = error.token
    const previous = at.tokenType === EOF ? tokens.at(-1) : tokens[tokens.indexOf(at) - 1]
    throw syntaxError(text, at, previous)
  }
  return query
}

function buildTerm(field: IToken | null, value: IToken): Query {
  const written = value.tokenType === Quoted ? value.image.slice(1, -1) : value.image
  const query = field === null ? bareWord(written, value) : fieldTerm(field, written)
  if (typeof query !== 'string') return query
  throw new QueryError(query, value.startOffset, value.image.length)
}

function bareWord(written: string, token: IToken): Query | string {
  // Taken for a word to look for, `exe or dll` would find next to nothing and not say why.
  if (token.tokenType !== Quoted && /^(?:and|or|not)$/i.test(written)) {
    const operator = written.toUpperCase()
    return `write ${operator} in capitals, or "${written}" in quotes to look for the word`
  }
  return anyQuery(written)
}

function fieldTerm(token: IToken, written: string): Query | string {
  const field = knownField(token)
  switch (field.type) {
    case 'text':
      // Finding nothing would read as "no stream has it".
      if (field.isLiveOnly && answerer === 'inventory') {
        throw fieldError(
          token,
          `central keeps no ${field.name}; ask the machines with a live query`,
        )
      }
      return textQuery(field, written)
    case 'size':
      return sizeQuery(written)
    case 'zone':
      return zoneQuery(written)
    case 'time':
      return timeQuery(field.name as 'first' | 'seen' | 'gone', written, now)
  }
}

function knownField(token: IToken): FieldInfo {
  const name = token.image.slice(0, -1)
  const field = findField(name)
  if (field !== undefined) return field
  if (name.includes('.')) {
    throw fieldError(
      token,
      `${name} is no field; for a file and its stream write name:FILE stream:STREAM, for text with a colon "quotes"`,
    )
  }
  const meant = nearest(
    name,
    fields.map((candidate) => candidate.name),
  )
  throw fieldError(
    token,
    meant === undefined
      ? `there is no field ${name}; put text with a colon in quotes, or use one of ${fields.map((candidate) => candidate.name).join(', ')}`
      : `there is no field ${name}; did you mean ${meant}:? Text with a colon goes in quotes`,
  )
}

function fieldError(token: IToken, message: string): QueryError {
  return new QueryError(message, token.startOffset, token.image.length)
}

/** What the grammar did not expect, in the words of whoever wrote the query. */
function syntaxError(text: string, at: IToken, previous: IToken | undefined): QueryError {
  const before = previous?.tokenType
  if (before === And || before === Or || before === Not || before === Minus) {
    return fieldError(previous!, `something to look for must follow ${previous!.image}`)
  }
  if (at.tokenType === And || at.tokenType === Or) {
    return fieldError(at, `something to look for must come before ${at.image}`)
  }
  if (at.tokenType === Close) return fieldError(at, 'there is nothing between the parentheses')
  if (before === FieldName) return fieldError(previous!, `${previous!.image} needs a value`)
  if (at.tokenType === EOF) return new QueryError('the query ends too early', text.length, 0)
  return fieldError(at, `${at.image} was not expected here; put it in quotes to look for it`)
}
