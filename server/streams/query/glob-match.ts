/**
 * Patterns of the AST against text, as SQLite's LIKE answers: upper and lower case of ASCII letters are
 * alike, `?` is one character (not one UTF-16 unit). Time is bounded by pattern times text, whatever both
 * are, because only the last asterisk is ever gone back to.
 */
import { searchForm } from './search-form.ts'

export type TextMatcher = (text: string) => boolean

const ANY_TEXT = Symbol('*')
const ANY_CHARACTER = Symbol('?')
type Part = string | typeof ANY_TEXT | typeof ANY_CHARACTER

/** `isContained`: a pattern without a wildcard may match anywhere in the text. */
export function textMatcher(pattern: string, isContained: boolean): TextMatcher {
  const parts = partsOf(pattern)
  if (parts.every((part) => typeof part === 'string')) {
    const literal = parts.join('')
    return isContained
      ? (text) => comparable(text).includes(literal)
      : (text) => comparable(text) === literal
  }
  return (text) => matches(parts, [...comparable(text)])
}

/** ASCII only, as SQLite folds it: `ß` and `İ` stay what they are. */
function comparable(text: string): string {
  return searchForm(text).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function partsOf(pattern: string): Part[] {
  const parts: Part[] = []
  const characters = [...comparable(pattern)]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (character === '*') parts.push(ANY_TEXT)
    else if (character === '?') parts.push(ANY_CHARACTER)
    else if (character === '\\' && i + 1 < characters.length) parts.push(characters[++i]!)
    else parts.push(character)
  }
  return parts
}

function matches(parts: readonly Part[], text: readonly string[]): boolean {
  let part = 0
  let at = 0
  let lastStar = -1
  let starAt = 0
  while (at < text.length) {
    const wanted = parts[part]
    if (wanted === ANY_TEXT) {
      lastStar = part++
      starAt = at
    } else if (wanted === ANY_CHARACTER || wanted === text[at]) {
      part++
      at++
    } else if (lastStar >= 0) {
      // That asterisk takes one character more, and the rest is tried again from there.
      part = lastStar + 1
      at = ++starAt
    } else {
      return false
    }
  }
  while (parts[part] === ANY_TEXT) part++
  return part === parts.length
}
