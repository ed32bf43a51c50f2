/**
 * Names for people's eyes. A stream name may hold any UTF-16 unit but NUL, `\`, `/` and `:`, and whoever
 * wrote it chose it: a right-to-left override turns `gpj.exe` around, a zero-width space makes two names
 * look alike, an escape sequence repaints a terminal.
 */

/** A backslash that would read as an escape of ours, though it is the name's own. */
const LOOKS_ESCAPED = /\\(?=u[0-9a-f]{4})/g

const OUTER_SPACES = /^ +| +$/g

/** Nearly every name: printable ASCII without a backslash or a space at its ends. */
const PLAIN = /^[!-[\]-~](?:[ -[\]-~]*[!-[\]-~])?$/

/**
 * Every character that cannot be seen becomes `\uXXXX`, one per UTF-16 unit, lower case. Different names
 * always look different: undoing the escapes gives the name back.
 */
export function displayName(name: string): string {
  if (PLAIN.test(name)) return name
  return name
    .replace(LOOKS_ESCAPED, '\\u005c')
    .replace(invisible(), escapeUnits)
    .replace(OUTER_SPACES, escapeUnits)
}

/**
 * Controls and format characters (bidirectional marks, joiners, tags), line separators, spaces other
 * than the plain one, lone surrogates, code points without a glyph of their own, and what Unicode
 * says is to be ignored when displayed (fillers, variation selectors); the blank Braille pattern.
 *
 * In a function, because making it takes milliseconds, which most runs need not spend.
 */
function invisible(): RegExp {
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu
}

function escapeUnits(text: string): string {
  let escaped = ''
  for (let i = 0; i < text.length; i++) {
    escaped += `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return escaped
}
