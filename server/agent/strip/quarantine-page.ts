/** A page of the quarantine's records, as route and CLI show them. */
import type { OrderTarget } from '../../protocol/order.ts'
import { MAX_QUARANTINE_ENTRIES, type QuarantinePage } from '../../protocol/quarantine.ts'
import { nanosecondsToTimestamp } from '../../shared/clock.ts'
import type { ListedEntry, QuarantineStore } from '../state/quarantine-store.ts'

const USUAL_LIMIT = 100

export function quarantinePage(
  store: QuarantineStore,
  { cursor, limit }: { readonly cursor?: string; readonly limit?: number },
): QuarantinePage {
  const size = Math.min(limit ?? USUAL_LIMIT, MAX_QUARANTINE_ENTRIES)
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor)
  const entries = store.list(before, size + 1)
  const shown = entries.slice(0, size)
  const last = shown.at(-1)
  const { entries: keptEntries, bytes: keptBytes } = store.totals()
  return {
    entries: shown.map(toQuarantined),
    cursor: entries.length > size && last ? String(last.entryId) : null,
    keptEntries,
    keptBytes,
  }
}

function toQuarantined(entry: ListedEntry): QuarantinePage['entries'][number] {
  const { targetId, volumeId, identity, path, stream } = entry.target as OrderTarget
  const { orderId, orderedBy, reason } = entry.order
  return {
    targetId,
    action: entry.action,
    volumeId,
    identity,
    path,
    stream,
    sizeBytes: entry.sizeBytes,
    sha256: entry.sha256,
    kind: entry.kind,
    modifiedAt: nanosecondsToTimestamp(entry.modifiedNs),
    orderId: orderId as QuarantinePage['entries'][number]['orderId'],
    orderedBy,
    reason,
    outcome: entry.outcome,
    keptAt: entry.keptAt,
    restoredAt: entry.restoredAt,
    prunedAt: entry.prunedAt,
  }
}
