/**
 * What is checked before the grammar runs: that hostile text cannot cost stack or time, and the faults
 * that people make most, each in its own words.
 */
import type { IToken } from 'chevrotain'
import { QueryError } from './ast.ts'
import { Close, FieldName, Open, Quoted, Unclosed, Value, Word } from './tokens.ts'

export const MAX_QUERY_UNITS = 4_096
/** Parentheses in parentheses; the grammar recurses once for each. */
const MAX_NESTING = 64
/** SQLite refuses expressions deeper than 1,000, and nobody reads a longer query. */
const MAX_TERMS = 256

export function checkTokens(text: string, tokens: readonly IToken[]): void {
  const open: IToken[] = []
  /** Parentheses that follow a field: `ext:(exe OR dll)`. */
  const fieldGroups = new Set<IToken>()
  let terms = 0
  for (const [i, token] of tokens.entries()) {
    const type = token.tokenType
    if (type === Unclosed) throw unclosedQuote(text, token)
    if (type === Open) open.push(token)
    if (open.length > MAX_NESTING) {
      throw fault(token, `parentheses can be nested ${MAX_NESTING} deep at most`)
    }
    if (type === Close && open.pop() === undefined) {
      throw fault(token, 'no parenthesis was opened before this )')
    }
    if (type === FieldName) {
      if (open.some((parenthesis) => fieldGroups.has(parenthesis))) {
        throw fault(token, 'a field cannot stand inside the group of another field')
      }
      const value = valueAfter(token, tokens[i + 1])
      if (value.tokenType === Open) fieldGroups.add(value)
    }
    if (type === Word || type === Value || type === Quoted) terms += 1
    if (terms > MAX_TERMS) throw fault(token, `a query has ${MAX_TERMS} conditions at most`)
  }
  const unclosed = open.at(-1)
  if (unclosed !== undefined) throw fault(unclosed, 'this ( is never closed')
}

/** What stands right after a field's colon; there must be something. */
function valueAfter(field: IToken, next: IToken | undefined): IToken {
  const isAdjacent = next?.startOffset === field.startOffset + field.image.length
  const type = next?.tokenType
  const isValue = type === Value || type === Quoted || type === Open || type === Unclosed
  if (isAdjacent && isValue) return next!
  throw fault(field, `${field.image} needs a value right after the colon`)
}

function unclosedQuote(text: string, token: IToken): QueryError {
  const hint = text.endsWith('\\"')
    ? '; before a closing quote write \\\\ for a backslash, or leave it out'
    : ''
  return fault(token, `this quote is never closed${hint}`)
}

function fault(token: IToken, message: string): QueryError {
  return new QueryError(message, token.startOffset, token.image.length)
}
