/**
 * Decides what a stream is, and which rule says so. Content and size come before the name, because
 * whoever wrote the stream chose its name: a program called `SmartScreen` is a program.
 *
 * The same stream gets the same verdict however it was found, so nothing here depends on the scan's scope.
 */
import type { CarrierKind, Origin, VerdictName } from '../protocol/stream.ts'
import { executableContentRule } from './executable-content.ts'
import { hasExecutableName } from './executable-name.ts'
import { findKnownStream } from './known-stream.ts'
import { type KnownStream, USUAL_MAX_BYTES } from './known-streams.ts'
import { readZoneIdentifier, type ZoneIdentifierText } from './zone-identifier.ts'
import { MAX_ZONE_IDENTIFIER_BYTES } from './zone-identifier-limit.ts'

export interface StreamToJudge {
  readonly stream: string
  readonly sizeBytes: number
  /** All of it, or its first 32 KiB; null where it could not be read. */
  readonly content: Uint8Array | null
  readonly path: string
  readonly kind: CarrierKind
  /** What `parseZoneIdentifier` made of the content; looked at only if the stream is a Zone.Identifier. */
  readonly origin: Origin | null
  /** What `readZoneIdentifier` made of the content, where the caller has it: to spare reading it again. */
  readonly zoneText?: ZoneIdentifierText | null | undefined
}

export interface Verdict {
  readonly verdict: VerdictName
  readonly rule: RuleName
}

/** Every rule: its verdict, and why, in a sentence for people. */
export const rules = {
  'content-windows-program': [
    'suspicious',
    'The content is a Windows program (it begins with MZ).',
  ],
  'content-linux-program': ['suspicious', 'The content is a Linux program (ELF).'],
  'content-mac-program': ['suspicious', 'The content is a Mac program or a Java class.'],
  'content-script': ['suspicious', 'The content is a script.'],
  'content-shortcut': [
    'suspicious',
    'The content is a Windows shortcut, which can start any program.',
  ],
  'content-help-file': [
    'suspicious',
    'The content is a compiled help file, which can run scripts.',
  ],
  'content-archive': [
    'suspicious',
    'The content is an archive, under a name that no known program uses.',
  ],
  'content-compound-file': [
    'suspicious',
    'The content is an installer or an Office document, under a name that no known program uses.',
  ],
  'executable-name': ['suspicious', 'The stream’s name ends like that of a program or script.'],
  'oversized-zone-identifier': [
    'suspicious',
    'It is called Zone.Identifier, but a real one never has more than 32 KiB.',
  ],
  'foreign-zone-identifier': [
    'suspicious',
    'It is called Zone.Identifier, but its content is something else.',
  ],
  'empty-zone-identifier': ['harmless', 'An empty Zone.Identifier: Windows sees no mark in it.'],
  'unread-zone-identifier': [
    'unknown',
    'It is called Zone.Identifier, but its content could not be read to see whether it is one.',
  ],
  'zone-identifier': ['mark', 'A Mark of the Web: it says which zone the file came from.'],
  'zone-identifier-app-zone-only': [
    'mark',
    'A Zone.Identifier with only AppZoneId: SmartScreen left it after “Run anyway”, and Windows sees no zone.',
  ],
  'zone-identifier-without-zone': [
    'mark',
    'A Zone.Identifier without a usable zone: Windows sees no mark.',
  ],
  'zone-identifier-custom-zone': [
    'mark',
    'A Mark of the Web with a zone outside 0 to 4; such zones have been used to mislead SmartScreen.',
  ],
  'oversized-known-name': [
    'suspicious',
    'It has the name of a harmless stream, but is far larger than that one ever is.',
  ],
  'known-harmless': ['harmless', 'A known stream that can be removed without loss.'],
  'known-data': ['keep', 'A known stream that holds data; removing it does damage.'],
  'ntfs-internal': ['keep', 'A part of NTFS itself.'],
  'volume-root': [
    'suspicious',
    'An unknown stream on the root folder of a volume, a favourite hiding place.',
  ],
  'system-folder': [
    'suspicious',
    'An unknown stream in the Windows system folder, a favourite hiding place.',
  ],
  'large-unknown': ['suspicious', 'An unknown stream of 64 KiB or more.'],
  'unproven-name': [
    'unknown',
    'The name is on somebody’s list of harmless streams, without proof.',
  ],
  'oversized-known-data': [
    'unknown',
    'It has the name of a known stream that holds data, but is larger than that one ever is.',
  ],
  'unknown-name': ['unknown', 'No known program writes a stream of this name.'],
} as const satisfies Readonly<Record<string, readonly [VerdictName, string]>>

export type RuleName = keyof typeof rules

/** The rule in a sentence; for a rule of another version, its name. */
export function explainRule(rule: string): string {
  return Object.hasOwn(rules, rule) ? rules[rule as RuleName][1] : rule
}

export function judge(stream: StreamToJudge): Verdict {
  // No rule looks further, whoever has read more: else the verdict would depend on who read it.
  const known = findKnownStream(stream.stream)
  const isLonger = (stream.content?.length ?? 0) > MAX_ZONE_IDENTIFIER_BYTES
  const content = stream.content?.subarray(0, MAX_ZONE_IDENTIFIER_BYTES) ?? null
  const rule = firstRule(isLonger ? { ...stream, content, zoneText: undefined } : stream, known)
  return { verdict: rules[rule][0], rule }
}

/** What {@link judge} says of a stream for its name alone: where nothing else about it is remarkable. */
export interface NameVerdict extends Verdict {
  /** A larger stream is remarkable for its size. */
  readonly belowBytes: number
}

/**
 * The verdict on every small stream of this name with harmless content, in a place that no rule looks at;
 * null where the name's meaning depends on content or place. It spares a listing to ask again.
 */
export function judgeName(stream: string): NameVerdict | null {
  const known = findKnownStream(stream)
  if (known?.class === 'mark' || known?.class === 'internal') return null
  // Content that was not read changes nothing, as harmless content does, and is not searched.
  const verdict = judge({
    stream,
    sizeBytes: 0,
    content: null,
    path: 'anywhere',
    kind: 'file',
    origin: null,
  })
  const ownBelowBytes = known?.maxBytes === undefined ? USUAL_MAX_BYTES : known.maxBytes + 1
  return { ...verdict, belowBytes: Math.min(ownBelowBytes, USUAL_MAX_BYTES) }
}

function firstRule(stream: StreamToJudge, known: KnownStream | undefined): RuleName {
  if (known?.class === 'mark') return zoneIdentifierRule(stream)
  const isTrustedName = hasTrustedName(stream, known)
  const content =
    stream.content === null ? null : executableContentRule(stream.content, isTrustedName)
  if (content !== null) return content
  if (known !== undefined && isTrustedName) return knownStreamRule(stream, known)
  if (hasExecutableName(stream.stream)) return 'executable-name'
  if (isVolumeRoot(stream.path)) return 'volume-root'
  if (isInSystemFolder(stream.path)) return 'system-folder'
  if (stream.sizeBytes >= USUAL_MAX_BYTES) return 'large-unknown'
  if (known?.class === 'keep') return 'oversized-known-data'
  return known?.class === 'unproven' ? 'unproven-name' : 'unknown-name'
}

/**
 * Names of NTFS's own streams mean something on NTFS's own files, and nothing on anybody else's. A name that
 * protects a stream does so only up to the size that such a stream can have.
 */
function hasTrustedName(stream: StreamToJudge, known: KnownStream | undefined): boolean {
  if (known === undefined || known.class === 'unproven') return false
  if (known.class === 'internal') return isNtfsFile(stream.path)
  return known.class !== 'keep' || !isTooLarge(stream, known)
}

function isTooLarge({ sizeBytes }: StreamToJudge, { maxBytes, class: its }: KnownStream): boolean {
  if (maxBytes !== undefined) return sizeBytes > maxBytes
  return its === 'harmless' && sizeBytes >= USUAL_MAX_BYTES
}

function zoneIdentifierRule({ sizeBytes, content, origin, zoneText }: StreamToJudge): RuleName {
  const text =
    zoneText !== undefined ? zoneText : content === null ? null : readZoneIdentifier(content)
  // A clean mark is never searched for scripts: its URL may contain anything.
  if (content !== null && (text === null || text.foreignUnits > 0)) {
    const executable = executableContentRule(content, false)
    if (executable !== null) return executable
  }
  if (sizeBytes > MAX_ZONE_IDENTIFIER_BYTES) return 'oversized-zone-identifier'
  if (content === null) return 'unread-zone-identifier'
  if (sizeBytes === 0) return 'empty-zone-identifier'
  if (text === null || text.foreignUnits > 0 || origin === null) return 'foreign-zone-identifier'
  if (origin.id === null) {
    return origin.appZoneId === null
      ? 'zone-identifier-without-zone'
      : 'zone-identifier-app-zone-only'
  }
  return origin.id >= 0 && origin.id <= 4 ? 'zone-identifier' : 'zone-identifier-custom-zone'
}

function knownStreamRule(stream: StreamToJudge, known: KnownStream): RuleName {
  if (known.class === 'internal') return 'ntfs-internal'
  if (known.class === 'keep') return 'known-data'
  return isTooLarge(stream, known) ? 'oversized-known-name' : 'known-harmless'
}

/**
 * `.` in an image, `Partition2\.` in one of several volumes (no file is named so), `C:`, `C:\`, `\\?\C:\` or
 * `/` of a live system.
 */
function isVolumeRoot(path: string): boolean {
  return path === '/' || /^(?:(?:Partition\d+\\)?\.|(?:\\\\[?.]\\)?[A-Za-z]:[\\/]?)$/.test(path)
}

/** One of the files that hold a volume together, at its root (MS-FSCC 5.4), or below `$Extend`; see {@link isVolumeRoot}. */
function isNtfsFile(path: string): boolean {
  return /^(?:Partition\d+\\)?\$(?:MFT|MFTMirr|LogFile|Volume|AttrDef|Bitmap|Boot|BadClus|Secure|UpCase|Extend)(?:\\|$)/i.test(
    path,
  )
}

/** System32 or SysWOW64 and below, of a running Windows, a mounted one or an image of one. */
function isInSystemFolder(path: string): boolean {
  return /(?:^|[\\/])Windows[\\/](?:System32|SysWOW64)(?:[\\/]|$)/i.test(path)
}
