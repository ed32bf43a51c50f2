/**
 * Bytes of a stream as text or hex, a page at a time. What is no text is shown as bytes, never replaced
 * or left out: the reader is looking for what somebody hid.
 */
import { displayName } from '../../server/streams/display-name.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** Bytes after a page that are fetched too, so that its last character can be completed. */
export const LOOKAHEAD_BYTES = 3

export function bytesFromBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0))
}

/** By byte order mark, else by where the zero bytes of ASCII-in-UTF-16 lie, else UTF-8. */
export function detectEncoding(start: Uint8Array): Encoding {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  const pairs = Math.min(start.length >> 1, 512)
  let zeroLow = 0
  let zeroHigh = 0
  for (let i = 0; i < pairs; i++) {
    if (start[2 * i] === 0) zeroHigh += 1
    if (start[2 * i + 1] === 0) zeroLow += 1
  }
  if (zeroLow > pairs * 0.6 && zeroHigh < pairs * 0.1) return 'utf-16le'
  if (zeroHigh > pairs * 0.6 && zeroLow < pairs * 0.1) return 'utf-16be'
  return 'utf-8'
}

/** Whether the bytes read as text at all, so that hex can be offered first where they do not. */
export function looksBinary(start: Uint8Array, encoding: Encoding): boolean {
  const text = decodePage(start, start.length, true, encoding)
  const odd = text.match(/[\0-\x08\x0e-\x1f\x7f]|\p{Cs}|\p{Cn}|\p{Co}/gu)?.length ?? 0
  return odd > text.length / 20
}

/**
 * A byte that is no text becomes the lone surrogate U+DC00 + byte (as in Python's surrogateescape):
 * UTF-8 cannot hold one, so it is never mistaken for something written. {@link visiblePieces} shows it.
 *
 * `bytes` is a page of `pageLength` bytes and up to {@link LOOKAHEAD_BYTES} more. A character that
 * begins on the page belongs to it; the rest of one that began before does not.
 */
export function decodePage(
  bytes: Uint8Array,
  pageLength: number,
  isFirst: boolean,
  encoding: Encoding,
): string {
  return encoding === 'utf-8'
    ? decodeUtf8(bytes, pageLength, isFirst)
    : decodeUtf16(bytes, pageLength, encoding === 'utf-16le')
}

function decodeUtf8(bytes: Uint8Array, pageLength: number, isFirst: boolean): string {
  let at = 0
  while (!isFirst && at < 3 && isContinuation(bytes[at])) at += 1
  let end = Math.min(pageLength, bytes.length)
  while (end < bytes.length && end < pageLength + LOOKAHEAD_BYTES && isContinuation(bytes[end])) {
    end += 1
  }
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return decoder.decode(bytes.subarray(at, end))
  } catch {
    return decodeBrokenUtf8(bytes.subarray(at, end), decoder)
  }
}

function decodeBrokenUtf8(bytes: Uint8Array, decoder: TextDecoder): string {
  const parts: string[] = []
  let at = 0
  while (at < bytes.length) {
    const length = utf8Length(bytes[at] ?? 0)
    const character = length === 0 ? null : tryDecode(bytes.subarray(at, at + length), decoder)
    parts.push(character ?? escapedByte(bytes[at] ?? 0))
    at += character === null ? 1 : length
  }
  return parts.join('')
}

function tryDecode(bytes: Uint8Array, decoder: TextDecoder): string | null {
  const [first = 0] = bytes
  if (bytes.length === 1 && first < 0x80) return String.fromCharCode(first)
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** Bytes of the character that begins with `first`; 0 where none begins so. */
function utf8Length(first: number): number {
  if (first < 0x80) return 1
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0
}

const isContinuation = (byte: number | undefined): boolean =>
  byte !== undefined && (byte & 0xc0) === 0x80

/** Unit by unit, so that lone surrogates come through to be made visible. */
function decodeUtf16(bytes: Uint8Array, pageLength: number, isLittleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = Math.min(pageLength, bytes.length)
  const units: string[] = []
  let at = 0
  for (; at + 1 < end; at += 2) units.push(String.fromCharCode(view.getUint16(at, isLittleEndian)))
  if (at < end) units.push(escapedByte(bytes[at] ?? 0))
  return units.join('')
}

const escapedByte = (byte: number): string => String.fromCharCode(0xdc00 + byte)

export interface VisiblePiece {
  readonly text: string
  /** `text` is bytes in hex, as they could not be read. */
  readonly isBytes: boolean
}

/** Text with everything invisible made visible; tabs, line ends and plain spaces keep their effect. */
export function visiblePieces(text: string, encoding: Encoding): VisiblePiece[] {
  // Lone surrogates in UTF-16 were written by somebody; in UTF-8 they are our own sign for a byte.
  if (encoding !== 'utf-8') return [{ text: visibleText(text), isBytes: false }]
  return text
    .split(/([\udc00-\udcff]+)/u)
    .map((piece, index) =>
      // Split by one capture group: every second piece is bytes.
      index % 2 === 1
        ? {
            text: Array.from(piece, (unit) => hex2(unit.charCodeAt(0) & 0xff)).join(' '),
            isBytes: true,
          }
        : { text: visibleText(piece), isBytes: false },
    )
    .filter((piece) => piece.text !== '')
}

function visibleText(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.split('\t').map(visiblePiece).join('\t'))
    .join('\n')
}

/** displayName guards the spaces at a name's ends; in content they are only spaces. */
function visiblePiece(piece: string): string {
  let from = 0
  let to = piece.length
  while (from < to && piece[from] === ' ') from += 1
  while (to > from && piece[to - 1] === ' ') to -= 1
  return piece.slice(0, from) + displayName(piece.slice(from, to)) + piece.slice(to)
}

/** `00000010  5a 6f 6e 65 …  Zone…`, sixteen bytes a line. */
export function hexDump(bytes: Uint8Array, offset: number): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16)
    const pairs = Array.from(row, hex2)
    const left = pairs.slice(0, 8).join(' ').padEnd(23)
    const right = pairs.slice(8).join(' ').padEnd(23)
    const address = (offset + at).toString(16).padStart(8, '0')
    lines.push(`${address}  ${left}  ${right}  ${asciiOf(row)}`)
  }
  return lines.join('\n')
}

function asciiOf(row: Uint8Array): string {
  return Array.from(row, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '·')).join('')
}

function hex2(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
