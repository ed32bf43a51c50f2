/**
 * The digest by which agent and central see that they hold the same inventory of a machine: the sum,
 * modulo 2^128, of a hash of each stream. A sum does not depend on order and can be kept incrementally:
 * add what comes, subtract what goes.
 */
import { hash } from 'node:crypto'
import type { ReportedStream } from '../protocol/stream.ts'

const MODULUS = 1n << 128n

/** The hash of one stream's whole report: 32 lower-case hex digits. */
export function streamDigest(stream: ReportedStream): string {
  return digestOf(stream, reportText(stream))
}

/**
 * A report as JSON, without what tells one machine's stream from another's that is the same: volume, identity,
 * modification time. Both parts are the inside of an array.
 */
export interface ReportText {
  carrier: string
  content: string
}

export function reportText(stream: ReportedStream): ReportText {
  const { origin } = stream
  const path = JSON.stringify(stream.path)
  const hasOnlyPath = stream.links.length === 1 && stream.links[0] === stream.path
  const links = hasOnlyPath ? `[${path}]` : JSON.stringify(stream.links)
  const sha256 = stream.sha256 === null ? 'null' : `"${stream.sha256}"`
  const { sizeBytes, allocatedBytes, isResident } = stream
  return {
    carrier: `${JSON.stringify(stream.stream)},${path},${links},"${stream.kind}",${sizeBytes},${allocatedBytes},${isResident}`,
    content: `${sha256},${originText(origin)},"${stream.verdict}",${JSON.stringify(stream.rule)}`,
  }
}

/** For whoever has the text already: most of the work is to make it. Hashes the JSON of one array. */
export function digestOf(
  { volumeId, identity, modifiedAt }: Pick<ReportedStream, 'volumeId' | 'identity' | 'modifiedAt'>,
  { carrier, content }: ReportText,
): string {
  // Neither of these three has a character that JSON escapes; see ids.ts.
  const text = `["${volumeId}","${identity}",${carrier},"${modifiedAt}",${content}]`
  return hash('sha256', text, 'hex').slice(0, 32)
}

/** By name, because the order of keys may differ after a trip through JSON or SQLite. */
function originText(origin: ReportedStream['origin']): string {
  if (origin === null) return 'null'
  return JSON.stringify([
    origin.id,
    origin.hostUrl,
    origin.referrerUrl,
    origin.hostIpAddress,
    origin.lastWriterPackageFamilyName,
    origin.appZoneId,
    origin.appDefinedZoneId,
  ])
}

export const EMPTY_DIGEST = '0'.repeat(32)

export function addToDigest(digest: string, stream: string): string {
  return toHex((BigInt(`0x${digest}`) + BigInt(`0x${stream}`)) % MODULUS)
}

export function subtractFromDigest(digest: string, stream: string): string {
  return toHex((BigInt(`0x${digest}`) - BigInt(`0x${stream}`) + MODULUS) % MODULUS)
}

function toHex(value: bigint): string {
  return value.toString(16).padStart(32, '0')
}
