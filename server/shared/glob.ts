/**
 * Tells whether a name fits a glob: `*` any text, `?` one UTF-16 unit, `\` takes the next
 * character as it is; without regard to case, as NTFS compares names.
 *
 * Two pointers that go back to the last `*` only: a regular expression could take minutes over a name
 * and a glob with many stars.
 */
export function globMatcher(glob: string): (name: string) => boolean {
  const pattern = tokenize(glob)
  // The usual one, asked for each of very many names.
  if (pattern.length > 0 && pattern.every((token) => token === STAR)) return () => true
  return (name) => matches(pattern, name.toLowerCase())
}

const STAR = Symbol('*')
const ANY = Symbol('?')
type Token = string | typeof STAR | typeof ANY

function tokenize(glob: string): Token[] {
  const tokens: Token[] = []
  const text = glob.toLowerCase()
  for (let i = 0; i < text.length; i++) {
    const unit = text[i]!
    if (unit === '*') tokens.push(STAR)
    else if (unit === '?') tokens.push(ANY)
    else if (unit === '\\' && i + 1 < text.length) tokens.push(text[++i]!)
    else tokens.push(unit)
  }
  return tokens
}

function matches(pattern: readonly Token[], name: string): boolean {
  let p = 0
  let n = 0
  let starAt = -1
  let resumeAt = 0
  while (n < name.length) {
    const token = pattern[p]
    if (token === STAR) {
      starAt = p++
      resumeAt = n
    } else if (token === ANY || token === name[n]) {
      p += 1
      n += 1
    } else if (starAt >= 0) {
      p = starAt + 1
      n = ++resumeAt
    } else {
      return false
    }
  }
  while (pattern[p] === STAR) p += 1
  return p === pattern.length
}
