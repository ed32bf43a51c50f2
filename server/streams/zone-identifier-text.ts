/**
 * Writes a Zone.Identifier: the very bytes, so that both ends know size and hash of what an order leaves.
 *
 * 8-bit text without byte order mark, CRLF, keys in the order `ZoneId`, `ReferrerUrl`, `HostUrl`: what
 * Chromium writes (components/services/quarantine/quarantine_win.cc) and every reader understands.
 */
import type { MarkOrigin } from '../protocol/order.ts'
import { readZoneIdentifier } from './zone-identifier.ts'

export const ZONE_IDENTIFIER = 'Zone.Identifier'

/** What a `mark` writes. */
export function zoneIdentifierBytes({ zoneId, referrerUrl, hostUrl }: MarkOrigin): Uint8Array {
  return textBytes([
    `ZoneId=${zoneId}`,
    ...(referrerUrl === undefined ? [] : [`ReferrerUrl=${referrerUrl}`]),
    ...(hostUrl === undefined ? [] : [`HostUrl=${hostUrl}`]),
  ])
}

/**
 * What a `reduce` leaves of this content: `[ZoneTransfer]` and the zone that it says, nothing else. Null
 * where it says no zone (`AppZoneId` is none), which leaves nothing to keep.
 */
export function reducedZoneIdentifier(bytes: Uint8Array): Uint8Array | null {
  const zoneId = readZoneIdentifier(bytes)?.origin.id
  return zoneId === undefined || zoneId === null ? null : textBytes([`ZoneId=${zoneId}`])
}

function textBytes(keys: readonly string[]): Uint8Array {
  return new TextEncoder().encode(`[ZoneTransfer]\r\n${keys.join('\r\n')}\r\n`)
}
