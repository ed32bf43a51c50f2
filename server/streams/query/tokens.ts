/**
 * The words of the query language. Most are regular expressions; a field's value is not, because what it
 * may hold depends on the field just before it: `path:C:\Users` has a colon in it, `size:[1mb TO 2mb]`
 * has blanks.
 */
import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain'
import { findField } from './fields.ts'

/** A backslash takes these literally; before anything else it is an ordinary character. */
const ESCAPABLE = '*?\\\\"():'
const WORD = `(?:\\\\[${ESCAPABLE}]|[^\\s()"])+`
const WORD_END = '(?![^\\s()"])'

const isDirectlyAfterField = (matched: readonly IToken[], offset: number): IToken | undefined => {
  const last = matched.at(-1)
  const isAdjacent =
    last?.tokenType === FieldName && last.startOffset + last.image.length === offset
  return isAdjacent ? last : undefined
}

const VALUE = new RegExp(WORD, 'y')
const BRACKETS = /\[[^\]"]*\]/y

/** Chevrotain asks this at every position; it answers only right after a field's colon. */
function matchValue(text: string, offset: number, matched: IToken[]): RegExpExecArray | null {
  const field = isDirectlyAfterField(matched, offset)
  if (field === undefined) return null
  // A text value may well begin with a bracket (`name:[old].exe`); a range only a number or time has.
  const type = findField(field.image.slice(0, -1))?.type
  const isRange = type === 'size' || type === 'zone' || type === 'time'
  return (isRange ? matchAt(BRACKETS, text, offset) : null) ?? matchAt(VALUE, text, offset)
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset
  return pattern.exec(text)
}

const token = (name: string, pattern: RegExp): TokenType => createToken({ name, pattern })

export const Blank = createToken({ name: 'Blank', pattern: /\s+/, group: Lexer.SKIPPED })
export const Open = token('Open', /\(/)
export const Close = token('Close', /\)/)
export const Quoted = token('Quoted', /"(?:\\[\s\S]|[^"\\])*"/)
/** Only so that the error can say it: the quote that opens here is never closed. */
export const Unclosed = token('Unclosed', /"/)
export const And = token('And', new RegExp(`AND${WORD_END}`))
export const Or = token('Or', new RegExp(`OR${WORD_END}`))
export const Not = token('Not', new RegExp(`NOT${WORD_END}`))
/** `-term`; a lone `-` is a word. */
export const Minus = token('Minus', /-(?=[^\s)])/)
/** Two characters at least, so that `C:\Users` is a path and no field called C. */
export const FieldName = token('FieldName', /[A-Za-z][^\s()":\\/*?]+:/)
export const Value = createToken({
  name: 'Value',
  pattern: matchValue,
  line_breaks: false,
})
export const Word = token('Word', new RegExp(WORD))

/** The first that matches wins. */
export const allTokens: TokenType[] = [
  Blank,
  Quoted,
  Unclosed,
  Value,
  Open,
  Close,
  And,
  Or,
  Not,
  Minus,
  FieldName,
  Word,
]

export const queryLexer = new Lexer(allTokens, { positionTracking: 'onlyOffset' })
