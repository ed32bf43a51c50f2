/** `sidestream show TARGET [PATH-IN-IMAGE]`: what the streams of one file or folder are, and say. */
import type { NativeCarrier, NativeStreamEntry } from '../../native/addon.ts'
import type { Origin } from '../protocol/stream.ts'
import { nanosecondsToTimestamp } from '../shared/clock.ts'
import { displayName } from '../streams/display-name.ts'
import { findKnownStream } from '../streams/known-stream.ts'
import { neverStripReason } from '../streams/never-strip.ts'
import { explainRule } from '../streams/verdict.ts'
import { openCarrier } from './carrier.ts'
import { badUsage, CliError, describeError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { hintsOf } from './hints.ts'
import { counted, humanCount, humanSize } from './human.ts'
import { nativeAddon } from './native-addon.ts'
import { toJson } from './ndjson-listing.ts'
import { JUDGED_BYTES } from './scan-options.ts'
import { type StreamRecord, toRecord } from './stream-record.ts'
import type { Terminal } from './terminal.ts'
import { colorVerdict } from './verdict-color.ts'
import { zoneName } from './zone-name.ts'

export interface ShowFlags {
  readonly stream?: string
  readonly raw?: true
  readonly hex?: true
  readonly smbConf?: string
  readonly format: 'table' | 'json'
  readonly verbose?: true
}

export async function runShow(
  target: string,
  pathInImage: string | null,
  flags: ShowFlags,
  terminal: Terminal,
): Promise<number> {
  if ((flags.raw || flags.hex) && flags.stream === undefined) {
    throw badUsage('--raw and --hex print one stream: name it with --stream NAME')
  }
  const { carrier, path } = await openCarrier(nativeAddon(), target, pathInImage, hintsOf(flags))
  try {
    const entries = await carrier.list()
    if (flags.stream !== undefined) {
      const entry = findEntry(entries, flags.stream, path)
      const { printContent } = await import('./show-content.ts')
      await printContent(carrier, entry, flags, terminal)
      return ExitCode.complete
    }
    return await showStreams({ carrier, path, entries, flags, terminal })
  } finally {
    carrier.close()
  }
}

/** By its exact name, else as our listings show it, else without regard to case, as Windows does. */
function findEntry(
  entries: readonly NativeStreamEntry[],
  wanted: string,
  path: string,
): NativeStreamEntry {
  const folded = wanted.toLowerCase()
  const entry =
    entries.find(({ name }) => name === wanted) ??
    entries.find(({ name }) => displayName(name) === wanted) ??
    entries.find(({ name }) => name.toLowerCase() === folded)
  if (entry !== undefined) return entry
  const names = entries.map(({ name }) => displayName(name)).join(', ')
  const has = names === '' ? 'it has no streams' : `it has ${names}`
  throw new CliError('STREAM_NOT_FOUND', `${path} has no stream ${wanted}; ${has}`)
}

interface Shown {
  readonly carrier: NativeCarrier
  readonly path: string
  readonly entries: readonly NativeStreamEntry[]
  readonly flags: ShowFlags
  readonly terminal: Terminal
}

async function showStreams({ carrier, path, entries, flags, terminal }: Shown): Promise<number> {
  const records: StreamRecord[] = []
  let unreadable = 0
  for (const entry of entries) {
    let content: Uint8Array | null = null
    try {
      content = await carrier.read(entry.name, 0, JUDGED_BYTES)
    } catch (error) {
      unreadable += 1
      terminal.note(`unreadable: ${displayName(`${path}:${entry.name}`)}: ${describeError(error)}`)
    }
    records.push(toCarrierRecord(carrier, path, entry, content))
  }
  const text =
    flags.format === 'json'
      ? jsonText(carrier, path, records)
      : peopleText(carrier, path, records, terminal.hasColor)
  await terminal.write(text)
  return unreadable > 0 ? ExitCode.someUnreadable : ExitCode.complete
}

function toCarrierRecord(
  carrier: NativeCarrier,
  path: string,
  entry: NativeStreamEntry,
  content: Uint8Array | null,
): StreamRecord {
  const { identity, kind, modifiedNs } = carrier
  return toRecord({
    ...entry,
    identity,
    kind,
    modifiedNs,
    content,
    path,
    links: [path],
    sha256: null,
  })
}

function jsonText(carrier: NativeCarrier, path: string, records: readonly StreamRecord[]): string {
  const extras = { hash: false, content: false, deleted: false }
  const streams = records.map((record) => {
    const known = findKnownStream(record.stream)
    const more = JSON.stringify({
      explanation: explainRule(record.rule),
      writer: known?.writer ?? null,
      note: known?.note ?? null,
      neverStrip: neverStripReason(record.stream),
    })
    return `${toJson(record, extras).slice(0, -1)},${more.slice(1)}`
  })
  const head = JSON.stringify({
    path,
    kind: carrier.kind,
    modified: nanosecondsToTimestamp(carrier.modifiedNs),
  })
  return `${head.slice(0, -1)},"streams":[${streams.join(',')}]}\n`
}

function peopleText(
  carrier: NativeCarrier,
  path: string,
  records: readonly StreamRecord[],
  hasColor: boolean,
): string {
  const what = carrier.kind === 'directory' ? 'folder' : 'file'
  if (records.length === 0) return `${displayName(path)}: this ${what} has no streams\n`
  const head = `${displayName(path)}: ${counted(records.length, 'stream')} on this ${what}\n`
  return head + records.map((record) => `\n${streamText(record, hasColor)}`).join('')
}

function streamText(record: StreamRecord, hasColor: boolean): string {
  const known = findKnownStream(record.stream)
  const never = neverStripReason(record.stream)
  const exact = record.size < 1024n ? '' : ` (${humanCount(record.size)} bytes)`
  const rows: [string, string | null][] = [
    ['size', `${humanSize(record.size)}${exact}`],
    ['verdict', `${hasColor ? colorVerdict(record.verdict) : record.verdict} (${record.rule})`],
    ['', explainRule(record.rule)],
    ['known as', known === undefined ? null : `${known.note} Written by ${known.writer}.`],
    ['never removed', never],
    ...originRows(record.zone),
  ]
  const lines = rows
    .filter(([, value]) => value !== null)
    .map(([label, value]) => `  ${label.padEnd(14)}${value}\n`)
  return `${displayName(record.stream)}\n${lines.join('')}`
}

function originRows(origin: Origin | null): [string, string | null][] {
  if (origin === null) return []
  const shown = (value: string | null) => (value === null ? null : displayName(value))
  return [
    ['zone', origin.id === null ? 'none' : zoneName(origin.id)],
    ['from', shown(origin.hostUrl)],
    ['referrer', shown(origin.referrerUrl)],
    ['address', shown(origin.hostIpAddress)],
    ['writer app', shown(origin.lastWriterPackageFamilyName)],
    ['app zone', origin.appZoneId === null ? null : String(origin.appZoneId)],
    ['app-set zone', origin.appDefinedZoneId === null ? null : String(origin.appDefinedZoneId)],
  ]
}
