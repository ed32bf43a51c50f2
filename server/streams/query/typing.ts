/**
 * What somebody is in the middle of writing: which part of the text is at the cursor, and what could stand
 * there. Never throws: half a query is no fault.
 */
import type { IToken } from 'chevrotain'
import { MAX_QUERY_UNITS } from './check-tokens.ts'
import { type FieldInfo, findField } from './fields.ts'
import { Close, FieldName, Open, Quoted, queryLexer, Unclosed, Value, Word } from './tokens.ts'

/** `from` and `to` count UTF-16 units: what a completion replaces. `prefix`: what was written of it. */
export type Typing =
  | { kind: 'field'; prefix: string; from: number; to: number }
  | { kind: 'value'; field: FieldInfo; prefix: string; from: number; to: number }
  | { kind: 'nothing' }

const NOTHING: Typing = { kind: 'nothing' }

export function typingAt(text: string, position: number): Typing {
  if (text.length > MAX_QUERY_UNITS || position < 0 || position > text.length) return NOTHING
  // Only what stands before the cursor says what is being written.
  const { tokens } = queryLexer.tokenize(text.slice(0, position))
  const quote = tokens.findIndex(({ tokenType }) => tokenType === Unclosed)
  const index = quote === -1 ? tokens.length - 1 : quote
  const token = tokens[index]
  const group = groupAround(tokens.slice(0, index + 1))
  const isTouching = token !== undefined && endOf(token) === position
  if (token?.tokenType === Unclosed) {
    const field = fieldBefore(tokens[index - 1], token) ?? group
    const prefix = text.slice(token.startOffset + 1, position)
    return valueFor(field, prefix, token.startOffset, endOfQuote(text, position))
  }
  if (isTouching) {
    const end = endOfWord(text, position)
    if (token.tokenType === FieldName) {
      return valueFor(findField(token.image.slice(0, -1)), '', position, end)
    }
    if (token.tokenType === Value) {
      return valueFor(fieldBefore(tokens[index - 1], token), token.image, token.startOffset, end)
    }
    if (token.tokenType === Word) {
      return group === undefined
        ? { kind: 'field', prefix: token.image, from: token.startOffset, to: end }
        : valueFor(group, token.image, token.startOffset, end)
    }
    if (token.tokenType === Quoted) return NOTHING
  }
  if (group !== undefined) return valueFor(group, '', position, position)
  return { kind: 'field', prefix: '', from: position, to: position }
}

function valueFor(field: FieldInfo | undefined, written: string, from: number, to: number): Typing {
  // A pattern is no beginning of a value.
  if (field === undefined || /(?:^|[^\\])[*?]/.test(written)) return NOTHING
  const prefix = written.replace(/\\([*?"():\\])/g, '$1')
  return { kind: 'value', field, prefix, from, to }
}

/** The field of the innermost parenthesis that is still open, as in `ext:(exe OR `. */
function groupAround(tokens: readonly IToken[]): FieldInfo | undefined {
  const groups: (FieldInfo | undefined)[] = []
  for (const [i, token] of tokens.entries()) {
    if (token.tokenType === Open) groups.push(fieldBefore(tokens[i - 1], token) ?? groups.at(-1))
    if (token.tokenType === Close) groups.pop()
  }
  return groups.at(-1)
}

function fieldBefore(before: IToken | undefined, token: IToken): FieldInfo | undefined {
  const isAdjacent = before?.tokenType === FieldName && endOf(before) === token.startOffset
  return isAdjacent ? findField(before.image.slice(0, -1)) : undefined
}

function endOf(token: IToken): number {
  return token.startOffset + token.image.length
}

/** A completion in the middle of a word replaces all of it. */
function endOfWord(text: string, position: number): number {
  return position + /^(?:\\.|[^\s()"])*/s.exec(text.slice(position))![0].length
}

function endOfQuote(text: string, position: number): number {
  const rest = /^(?:\\.|[^"\\])*"/s.exec(text.slice(position))
  return rest === null ? text.length : position + rest[0].length
}
