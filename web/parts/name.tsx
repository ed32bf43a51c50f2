/**
 * Text that an attacker chose: names, paths, URLs. Invisible characters are shown as marked escapes, and
 * <bdi> keeps its direction from touching what stands around it. The only way such text is drawn.
 */
import type { ComponentChildren } from 'preact'
import { displayName } from '../../server/streams/display-name.ts'
import { shownPath, shownPathInRow } from '../model/shown-path.ts'

const ESCAPE = /(\\u[0-9a-f]{4})/

/** Text with its escapes set off from what was really written. */
export function marked(shown: string): ComponentChildren {
  if (!shown.includes('\\u')) return shown
  return shown.split(ESCAPE).map((piece, index) =>
    // Split by one capture group: every second piece is an escape.
    index % 2 === 1 ? (
      <span class="escape" key={index}>
        {piece}
      </span>
    ) : (
      piece
    ),
  )
}

/** A stream name, host name, user name, URL, label: any single hostile text. */
export function Name({ text, isTitled = false }: { text: string; isTitled?: boolean }) {
  const shown = displayName(text)
  return (
    <bdi class="name" title={isTitled ? shown : undefined}>
      {marked(shown)}
    </bdi>
  )
}

/** Letters of right-to-left scripts: Hebrew to Arabic Extended, their presentation forms, and beyond the BMP. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const SEPARATOR = /([\\/])/

/**
 * A path reads left to right and its extension stands at its end, whatever its names are written in:
 * between two Hebrew folders a separator would turn their order around, and `exe` would stand in front.
 */
function markedPath(shown: string): ComponentChildren {
  if (!RIGHT_TO_LEFT.test(shown)) return marked(shown)
  return shown.split(SEPARATOR).map((piece, index) =>
    index % 2 === 1 ? (
      piece
    ) : (
      <bdi dir="ltr" key={index}>
        {marked(piece)}
      </bdi>
    ),
  )
}

/** A whole path, wrapped where it must. */
export function Path({ path }: { path: string }) {
  return (
    <bdi class="path" dir="ltr">
      {markedPath(shownPath(path))}
    </bdi>
  )
}

/** A path on one line: the folder gives way first, the name stays readable; whole on hover. */
export function PathInRow({ path, href }: { path: string; href?: string }) {
  const { folder, name } = shownPathInRow(path)
  const parts = (
    <>
      {folder !== '' && (
        <bdi class="path-folder" dir="ltr">
          {markedPath(folder)}
        </bdi>
      )}
      <bdi class="path-name" dir="ltr">
        {marked(name)}
      </bdi>
    </>
  )
  const title = shownPath(path)
  return href === undefined ? (
    <span class="path-row" title={title}>
      {parts}
    </span>
  ) : (
    <a class="path-row" title={title} href={href} tabIndex={-1}>
      {parts}
    </a>
  )
}
