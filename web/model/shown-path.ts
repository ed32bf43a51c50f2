/**
 * Paths for people's eyes. Each part between separators goes through `displayName` by itself, so that a
 * folder called `u202e` and one that *is* U+202E stay two different texts.
 */
import { displayName } from '../../server/streams/display-name.ts'
import { shortenMiddle } from './format.ts'

/** A row of a table stays cheap, however long the name. */
const ROW_UNITS = 320

export interface ShownPath {
  /** With its separator; empty for a bare name. */
  readonly folder: string
  readonly name: string
}

/** On Linux a backslash is part of a name; Windows paths and those inside images never begin with `/`. */
function separatorOf(path: string): string {
  return path.startsWith('/') ? '/' : '\\'
}

export function shownPath(path: string): string {
  const separator = separatorOf(path)
  return path.split(separator).map(displayName).join(separator)
}

export function shownPathInRow(path: string): ShownPath {
  const separator = separatorOf(path)
  const at = path.lastIndexOf(separator) + 1
  // Cut before the escapes are made: an escape cut in half would be read as something else.
  const folder = shortenMiddle(path.slice(0, at), ROW_UNITS)
  return {
    folder: folder.split(separator).map(displayName).join(separator),
    name: displayName(shortenMiddle(path.slice(at), ROW_UNITS)),
  }
}
