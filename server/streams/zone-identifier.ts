/**
 * Reads the text of a Zone.Identifier stream, the Mark of the Web (MS-FSCC 5.6.1):
 *
 *     [ZoneTransfer]
 *     ZoneId=3
 *     ReferrerUrl=https://example.com/
 *     HostUrl=https://example.com/setup.exe
 *
 * Windows reads it with its INI functions and many programs write it, each in its own way, so this is
 * lenient: it must find a mark wherever Windows would. It never throws, and trusts nothing it reads.
 */
import type { Origin } from '../protocol/stream.ts'

/** 7-Zip ignores a larger one too; real ones have 26 bytes to a few KiB. */
export const MAX_ZONE_IDENTIFIER_BYTES = 32 * 1024

type OriginKey = keyof Origin

/** INI key, lower case → where it goes and the longest value that the Origin schema takes. */
const KEYS: ReadonlyMap<string, { key: OriginKey; maxUnits: number }> = new Map([
  ['zoneid', { key: 'id', maxUnits: 0 }],
  ['hosturl', { key: 'hostUrl', maxUnits: 8_192 }],
  ['referrerurl', { key: 'referrerUrl', maxUnits: 8_192 }],
  ['hostipaddress', { key: 'hostIpAddress', maxUnits: 256 }],
  ['lastwriterpackagefamilyname', { key: 'lastWriterPackageFamilyName', maxUnits: 1_024 }],
  ['appzoneid', { key: 'appZoneId', maxUnits: 0 }],
  ['appdefinedzoneid', { key: 'appDefinedZoneId', maxUnits: 0 }],
] as const)

const SECTION = /^\[\s*ZoneTransfer\s*\]/i
const KEY_NAMES = [...KEYS.keys()].join('|')

/**
 * Where a key starts in text that lost its line ends (a copy through a form field, a log, a badly
 * written tool): after a blank, the section, or the digits of a zone id.
 */
const FLATTENED_KEY = new RegExp(
  `(?<=^|[\\s\\]]|ZoneId=[+-]?\\d{1,10})(?=(?:${KEY_NAMES})\\s*=)`,
  'gi',
)

export interface ZoneIdentifierText {
  readonly origin: Origin
  /** Units of text that is no INI line at all. A real mark has none; a payload under its name has. */
  readonly foreignUnits: number
}

/** Whether a stream has the name of the Mark of the Web, however it is written. */
export function isZoneIdentifierName(streamName: string): boolean {
  return streamName.toLowerCase() === 'zone.identifier'
}

/** What the stream says, or null where it is no Zone.Identifier at all. */
export function parseZoneIdentifier(bytes: Uint8Array): Origin | null {
  return readZoneIdentifier(bytes)?.origin ?? null
}

/** Like {@link parseZoneIdentifier}, and says how much of the text is something else. */
export function readZoneIdentifier(bytes: Uint8Array): ZoneIdentifierText | null {
  if (bytes.length > MAX_ZONE_IDENTIFIER_BYTES) return null
  const values = new Map<OriginKey, string>()
  let hasSection = false
  let foreignUnits = 0
  for (const line of linesOf(decode(bytes))) {
    if (SECTION.test(line)) {
      hasSection = true
      continue
    }
    const split = /^([^=]*)=(.*)$/s.exec(line)
    const known = KEYS.get(split?.[1]?.trim().toLowerCase() ?? '')
    if (known !== undefined) {
      // PowerShell and the INI functions take the first of several; so must whoever judges the file.
      if (!values.has(known.key)) values.set(known.key, split?.[2]?.trim() ?? '')
    } else if (!isIniLine(line)) {
      foreignUnits += line.length
    }
  }
  if (!hasSection && values.size === 0) return null
  return { origin: toOrigin(values), foreignUnits }
}

/** Comment, another section, or a key that we do not know: Windows adds keys over the years. */
function isIniLine(line: string): boolean {
  return (
    /^[;#]/.test(line) || /^\[[\w .-]{1,64}\]$/.test(line) || /^[A-Za-z][\w.-]{0,63}\s*=/.test(line)
  )
}

function linesOf(text: string): string[] {
  // Written from fixed buffers, some end in NULs. An INI line ends there for Windows as well.
  const lines = nonBlank(text.split(/[\r\n\0]+/))
  const pieces = nonBlank(lines.flatMap((line) => line.replace(SECTION, '$&\n').split('\n')))
  // Only where there is one line, so that no URL or path can smuggle a key into a regular mark.
  if (lines.length !== 1) return pieces
  return nonBlank(pieces.flatMap((piece) => piece.replace(FLATTENED_KEY, '\n').split('\n')))
}

function nonBlank(lines: readonly string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

/**
 * Chromium writes 8-bit text without a byte order mark, Firefox UTF-8, PowerShell's SetZoneOfOrigin
 * UTF-16LE with one. What is not valid UTF-8 was written in the writer's ANSI code page, which the
 * stream does not name; Windows-1252 is the most common, and keys and zone are ASCII in all of them.
 */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  // The BOM lost on the way, as `echo` in some shells does: ASCII text with every second byte zero.
  if (bytes.length >= 4 && bytes[0] !== 0 && bytes[1] === 0 && bytes[2] !== 0 && bytes[3] === 0) {
    return new TextDecoder('utf-16le').decode(bytes)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

function toOrigin(values: ReadonlyMap<OriginKey, string>): Origin {
  const text = (key: OriginKey) => textOrNull(values.get(key), limitOf(key))
  const integer = (key: OriginKey) => integerOrNull(values.get(key))
  return {
    id: integer('id'),
    hostUrl: text('hostUrl'),
    referrerUrl: text('referrerUrl'),
    hostIpAddress: text('hostIpAddress'),
    lastWriterPackageFamilyName: text('lastWriterPackageFamilyName'),
    appZoneId: integer('appZoneId'),
    appDefinedZoneId: integer('appDefinedZoneId'),
  }
}

function limitOf(key: OriginKey): number {
  for (const entry of KEYS.values()) if (entry.key === key) return entry.maxUnits
  return 0
}

function textOrNull(value: string | undefined, maxUnits: number): string | null {
  if (value === undefined || value === '') return null
  if (value.length <= maxUnits) return value
  // Half of a surrogate pair at the cut would be a unit that the writer never wrote.
  return value.slice(0, maxUnits).replace(/[\ud800-\udbff]$/, '')
}

/**
 * Leading digits, as PowerShell reads them (`^[+-]?\d+`). `0x3` is left alone: taking it for 0 would
 * call a file local. Beyond 32 bits Windows has no zone.
 */
function integerOrNull(value: string | undefined): number | null {
  const digits = /^[+-]?\d+(?![\dx])/i.exec(value ?? '')?.[0]
  if (digits === undefined) return null
  const number = Number(digits)
  return Number.isInteger(number) && number === (number | 0) ? number + 0 : null
}
