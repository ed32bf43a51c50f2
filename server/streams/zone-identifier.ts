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
import { MAX_ZONE_IDENTIFIER_BYTES } from './zone-identifier-limit.ts'

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

const LIMITS = Object.fromEntries(
  [...KEYS.values()].map(({ key, maxUnits }) => [key, maxUnits]),
) as Readonly<Record<OriginKey, number>>

/** As browsers and Windows itself spell them; with {@link KEYS} for every other spelling. */
const PLAIN_KEYS: ReadonlyMap<string, OriginKey> = new Map([
  ['ZoneId', 'id'],
  ['HostUrl', 'hostUrl'],
  ['ReferrerUrl', 'referrerUrl'],
  ['HostIpAddress', 'hostIpAddress'],
  ['LastWriterPackageFamilyName', 'lastWriterPackageFamilyName'],
  ['AppZoneId', 'appZoneId'],
] as const)
const PLAIN_START = '[ZoneTransfer]\r\n'
const PLAIN_VALUE = /^[ -~]*$/

// One of each: making one takes longer than decoding a mark does.
const UTF_8 = new TextDecoder('utf-8', { fatal: true })
const UTF_16LE = new TextDecoder('utf-16le')
const WINDOWS_1252 = new TextDecoder('windows-1252')

const SECTION = /^\[\s*ZoneTransfer\s*\]/i
const ANY_SECTION = /^\[[^\]]*\]/
const KEY_NAMES = [...KEYS.keys()].join('|')

/**
 * Where a key starts in text that lost its line ends (a copy through a form field, a log, a badly
 * written tool): after a blank, the section, or the digits of a zone id. The section itself may follow others.
 */
const FLATTENED_KEY = new RegExp(
  `(?<=^|[\\s\\]]|ZoneId=[+-]?\\d{1,10})(?=(?:${KEY_NAMES})\\s*=|\\[\\s*ZoneTransfer\\s*\\])`,
  'gi',
)

export interface ZoneIdentifierText {
  readonly origin: Origin
  /** Units of text that is no INI line at all. A real mark has none; a payload under its name has. */
  readonly foreignUnits: number
}

/** Whether a stream has the name of the Mark of the Web, however it is written. */
export function isZoneIdentifierName(streamName: string): boolean {
  return streamName === 'Zone.Identifier' || streamName.toLowerCase() === 'zone.identifier'
}

/** What the stream says, or null where it is no Zone.Identifier at all. */
export function parseZoneIdentifier(bytes: Uint8Array): Origin | null {
  return readZoneIdentifier(bytes)?.origin ?? null
}

/** Like {@link parseZoneIdentifier}, and says how much of the text is something else. */
export function readZoneIdentifier(bytes: Uint8Array): ZoneIdentifierText | null {
  if (bytes.length > MAX_ZONE_IDENTIFIER_BYTES) return null
  const decoded = decode(bytes)
  const plain = readPlain(decoded)
  if (plain !== null) return plain
  const inSection = new Map<OriginKey, string>()
  const beforeAny = new Map<OriginKey, string>()
  // Null below a foreign section: Windows takes no key from there.
  let values: Map<OriginKey, string> | null = beforeAny
  let hasSection = false
  let foreignUnits = 0
  for (const line of linesOf(decoded)) {
    if (SECTION.test(line)) {
      hasSection = true
      values = inSection
      continue
    }
    if (ANY_SECTION.test(line)) values = null
    const split = /^([^=]*)=(.*)$/s.exec(line)
    const known = KEYS.get(split?.[1]?.trim().toLowerCase() ?? '')
    if (known !== undefined) {
      // PowerShell and the INI functions take the first of several; so must whoever judges the file.
      if (values?.has(known.key) === false) values.set(known.key, split?.[2]?.trim() ?? '')
    } else if (!isIniLine(line)) {
      foreignUnits += line.length
    }
  }
  if (!hasSection && beforeAny.size === 0) return null
  // What stands in the section wins: Windows and PowerShell look nowhere else, and a decoy may stand before it.
  return { origin: toOrigin(Object.fromEntries([...beforeAny, ...inSection])), foreignUnits }
}

/**
 * The form that nearly all marks have, read without splitting: a scan meets them by the hundred thousand.
 * Null: anything else in it, and the long way, which says the same of these, must read it.
 */
function readPlain(text: string): ZoneIdentifierText | null {
  if (!text.startsWith(PLAIN_START)) return null
  const values: Partial<Record<OriginKey, string>> = {}
  for (let at = PLAIN_START.length, end: number; at < text.length; at = end + 2) {
    end = text.indexOf('\r\n', at)
    const split = text.indexOf('=', at)
    if (end === -1 || split === -1 || split > end) return null
    const key = PLAIN_KEYS.get(text.slice(at, split))
    const value = text.slice(split + 1, end)
    if (key === undefined || !PLAIN_VALUE.test(value)) return null
    values[key] ??= value.trim()
  }
  return text.length === PLAIN_START.length ? null : { origin: toOrigin(values), foreignUnits: 0 }
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
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return UTF_16LE.decode(bytes)
  // The BOM lost on the way, as `echo` in some shells does: ASCII text with every second byte zero.
  if (bytes.length >= 4 && bytes[0] !== 0 && bytes[1] === 0 && bytes[2] !== 0 && bytes[3] === 0) {
    return UTF_16LE.decode(bytes)
  }
  try {
    return UTF_8.decode(bytes)
  } catch {
    return WINDOWS_1252.decode(bytes)
  }
}

function toOrigin(values: Partial<Record<OriginKey, string>>): Origin {
  return {
    id: integerOrNull(values.id),
    hostUrl: textOrNull(values.hostUrl, LIMITS.hostUrl),
    referrerUrl: textOrNull(values.referrerUrl, LIMITS.referrerUrl),
    hostIpAddress: textOrNull(values.hostIpAddress, LIMITS.hostIpAddress),
    lastWriterPackageFamilyName: textOrNull(
      values.lastWriterPackageFamilyName,
      LIMITS.lastWriterPackageFamilyName,
    ),
    appZoneId: integerOrNull(values.appZoneId),
    appDefinedZoneId: integerOrNull(values.appDefinedZoneId),
  }
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
  if (value === undefined) return null
  const digits = /^[+-]?\d+(?![\dx])/i.exec(value)?.[0]
  if (digits === undefined) return null
  const number = Number(digits)
  return Number.isInteger(number) && number === (number | 0) ? number + 0 : null
}
