/** Text as people write it → patterns as the AST has them. */
import type { Query } from './ast.ts'
import type { TextFieldInfo } from './fields.ts'
import { nearest } from './nearest.ts'

/** More would let one query keep a database busy for minutes, whatever its index. */
const MAX_STARS = 8

/**
 * The pattern of a written value. A backslash takes `* ? \ " ( ) :` literally and is itself before
 * anything else, so that `C:\Users\bob` is written as it is. Paths have one more exception: no Windows
 * name holds `*` or `?`, and `C:\Users\*\Downloads` must not silently look for an asterisk.
 */
export function toPattern(written: string, isPath: boolean): string {
  const escapable = isPath ? /^[\\"():]/ : /^[*?\\"():]/
  let pattern = ''
  for (let i = 0; i < written.length; i++) {
    let unit = written[i]!
    if (unit === '\\' && escapable.test(written[i + 1] ?? '')) {
      i += 1
      unit = written[i]!
    } else if (unit === '*') {
      if (!/(?:^|[^\\])(?:\\\\)*\*$/.test(pattern)) pattern += '*'
      continue
    } else if (unit === '?') {
      pattern += '?'
      continue
    }
    pattern += /[*?\\]/.test(unit) ? `\\${unit}` : unit
  }
  return pattern
}

/** Null where there is nothing to look for; a sentence where the value cannot be right. */
export function anyQuery(written: string): Query | string {
  return checked(written, toPattern(written, true), 'any')
}

export function textQuery(field: TextFieldInfo, written: string): Query | string {
  const isPath = field.name === 'path' || field.name === 'dir'
  // `ext:.exe` and `ext:exe` are the same wish.
  const value = field.name === 'ext' ? written.replace(/^\./, '') : written
  const query = checked(value, toPattern(value, isPath), field.name)
  if (typeof query === 'string' || hasWildcard(query.pattern)) return query
  if (field.values !== undefined && !field.values.includes(value.toLowerCase())) {
    const meant = nearest(value, field.values)
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    return `${field.name}: takes ${field.values.join(', ')}${hint}`
  }
  if (field.name === 'sha256' && !/^[0-9a-f]{64}$/i.test(value)) {
    return 'a SHA-256 has 64 hex digits; end its beginning with *'
  }
  return query
}

function checked(
  written: string,
  pattern: string,
  field: TextFieldInfo['name'] | 'any',
): Extract<Query, { kind: 'text' }> | string {
  if (written === '') return 'there is nothing to look for; put text between the quotes'
  const stars = pattern.replace(/\\./gs, '').split('*').length - 1
  if (stars > MAX_STARS) return `a pattern can have ${MAX_STARS} asterisks at most`
  return { kind: 'text', field, pattern }
}

function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern.replace(/\\./gs, ''))
}
