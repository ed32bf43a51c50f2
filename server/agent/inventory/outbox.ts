/**
 * What central must still be told, cut into deltas, for one connection at a time. What a delta names is
 * marked as sent in a commit before it leaves; what central acknowledged is booked in a commit of its
 * own. Deltas in flight are kept in memory only: a new connection sends what is still pending again.
 */
import { randomUUID } from 'node:crypto'
import { MAX_DELTA_ENTRIES } from '../../protocol/limits.ts'
import type { InventoryDelta } from '../../protocol/link-frames.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { addToDigest, EMPTY_DIGEST, subtractFromDigest } from '../../shared/inventory-digest.ts'
import type { AcknowledgedInventory, PendingStream } from '../state/inventory-store.ts'
import type { AgentState } from '../state/open-state.ts'

/** A quarter of what a frame may hold, since central works on a delta in one transaction. */
const MAX_DELTA_BYTES = 4 * 1024 * 1024
/** More than one hides the round trip, few enough that a lost connection repeats little. */
const MAX_IN_FLIGHT = 4

interface SentEntry {
  readonly streamId: number
  readonly revision: number
  /** Null: sent as gone. */
  readonly digest: string | null
}

export class Outbox {
  readonly #state: AgentState
  readonly #inFlight = new Map<number, readonly SentEntry[]>()
  #sentRevision = 0
  #resyncId: string | null = null

  constructor(state: AgentState) {
    this.#state = state
  }

  /** What central has acknowledged: the claim of a hello. */
  acknowledged(): AcknowledgedInventory {
    return this.#state.inventory.acknowledged()
  }

  /** A new connection: nothing is in flight. With `resend`, central wants everything. */
  begin(resend: boolean): void {
    this.#inFlight.clear()
    this.#sentRevision = 0
    this.#resyncId = resend ? randomUUID() : null
    if (!resend) return
    this.#state.transaction(() => {
      this.#state.inventory.forgetAcknowledged()
      this.#state.inventory.setAcknowledgedInventory({ count: 0, digest: EMPTY_DIGEST })
    })
  }

  /** The next delta to send, or null while there is nothing to send or enough in flight. */
  next(): InventoryDelta | null {
    if (this.#inFlight.size >= MAX_IN_FLIGHT) return null
    return this.#state.transaction(() => {
      const rows = this.#nextRows()
      if (rows.length === 0 && this.#resyncId === null) return null
      const last = rows.at(-1)
      if (last) this.#sentRevision = last.revision
      const sequence = this.#state.inventory.nextSequence()
      this.#inFlight.set(sequence, this.#markSent(rows))
      return {
        type: 'inventory.delta',
        sequence,
        resync: this.#resyncPart(),
        upserts: rows
          .filter((row) => !row.isGone)
          .map((row): ReportedStream => JSON.parse(row.report)),
        gone: rows.filter((row) => row.isGone).map((row) => row.key),
      }
    })
  }

  /** Central has committed that delta. One that is not in flight was another connection's. */
  acknowledge(sequence: number): void {
    const entries = this.#inFlight.get(sequence)
    if (!entries) return
    this.#state.transaction(() => {
      const inventory = this.#state.inventory
      inventory.setAcknowledgedInventory(
        entries.reduce(
          (sum, entry) => this.#acknowledgeEntry(entry, sum),
          inventory.acknowledged(),
        ),
      )
    })
    this.#inFlight.delete(sequence)
  }

  /** A point in the inventory's history, for {@link Outbox.isAcknowledgedUpTo}. */
  now(): number {
    return this.#state.inventory.revision()
  }

  /** Central holds everything that had changed by then, and a resync asked for is over. */
  isAcknowledgedUpTo(revision: number): boolean {
    const inFlight = [...this.#inFlight.values()]
    // A delta that names nothing ends a resync; all others show as pending rows.
    if (this.#resyncId !== null || inFlight.some((entries) => entries.length === 0)) return false
    return !this.#state.inventory.hasPendingUpTo(revision)
  }

  #nextRows(): PendingStream[] {
    const rows: PendingStream[] = []
    let bytes = 0
    for (const row of this.#state.inventory.pending(this.#sentRevision, MAX_DELTA_ENTRIES)) {
      bytes += Buffer.byteLength(row.report)
      if (rows.length > 0 && bytes > MAX_DELTA_BYTES) break
      rows.push(row)
    }
    return rows
  }

  #markSent(rows: readonly PendingStream[]): SentEntry[] {
    return rows.map(({ streamId, revision, digest, isGone, wasSent }) => {
      if (!wasSent) this.#state.inventory.markSent(streamId)
      return { streamId, revision, digest: isGone ? null : digest }
    })
  }

  #resyncPart(): InventoryDelta['resync'] {
    if (this.#resyncId === null) return null
    const id = this.#resyncId
    const isLast = !this.#state.inventory.hasPending(this.#sentRevision)
    if (isLast) this.#resyncId = null
    return { id, isLast }
  }

  #acknowledgeEntry(entry: SentEntry, sum: AcknowledgedInventory): AcknowledgedInventory {
    const inventory = this.#state.inventory
    const row = inventory.findById(entry.streamId)
    if (!row) return sum
    const isFinished = row.isGone && entry.digest === null
    if (isFinished) inventory.remove(entry.streamId)
    else inventory.setAcknowledged(entry.streamId, entry.digest)
    // Changed since it was sent: it may lie behind what this connection has sent, so it queues again.
    const isPending = row.isGone || row.digest !== entry.digest
    if (!isFinished && isPending && row.revision !== entry.revision) {
      inventory.bumpRevision(entry.streamId)
    }
    return replaced(sum, row.ackedDigest, entry.digest)
  }
}

/** The acknowledged inventory with one stream's hash in place of another; null stands for none. */
function replaced(
  { count, digest }: AcknowledgedInventory,
  before: string | null,
  after: string | null,
): AcknowledgedInventory {
  const without = before === null ? digest : subtractFromDigest(digest, before)
  return {
    count: count - (before === null ? 0 : 1) + (after === null ? 0 : 1),
    digest: after === null ? without : addToDigest(without, after),
  }
}
