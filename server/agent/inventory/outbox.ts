/**
 * What central must still be told, cut into deltas, for one connection at a time. What a delta names is
 * noted as in flight in a commit before it leaves; what central acknowledged is booked in a commit of its own.
 * So after a break of any kind, what central says it has is booked without being sent again, and the rest is
 * pending still.
 */
import { MAX_DELTA_ENTRIES } from '../../protocol/limits.ts'
import type { HeldInventory, InventoryDelta, Welcome } from '../../protocol/link-frames.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { addToDigest, subtractFromDigest } from '../../shared/inventory-digest.ts'
import type {
  AcknowledgedInventory,
  InventoryStore,
  PendingStream,
  SentEntry,
} from '../state/inventory-store.ts'
import { bucketCountFor, Repair, type Resync } from './repair.ts'

/** A sixteenth of what a frame may hold: central works on a delta in one transaction, beside others. */
const MAX_DELTA_BYTES = 1024 * 1024

/** What the outbox needs of the agent's state. */
export type OutboxStore = Pick<
  InventoryStore,
  | 'acknowledged'
  | 'acknowledgedStreams'
  | 'addInFlight'
  | 'bumpRevision'
  | 'epoch'
  | 'findById'
  | 'forgetAcknowledged'
  | 'hasPending'
  | 'hasPendingUpTo'
  | 'inFlight'
  | 'markSent'
  | 'pending'
  | 'remove'
  | 'removeInFlight'
  | 'revision'
  | 'sequence'
  | 'setAcknowledged'
  | 'setAcknowledgedInventory'
  | 'setSequence'
>

export interface OutboxState {
  readonly inventory: OutboxStore
  transaction<Result>(work: () => Result): Result
}

export class Outbox {
  readonly #state: OutboxState
  readonly #inFlight = new Map<number, readonly SentEntry[]>()
  #window = 0
  #sentRevision = 0
  #repair: Repair | null = null
  #resync: Resync | null = null

  constructor(state: OutboxState) {
    this.#state = state
  }

  /** Which state this is: sequences mean something only together with it. */
  epoch(): string {
    return this.#state.inventory.epoch()
  }

  /** What central has acknowledged. */
  acknowledged(): AcknowledgedInventory {
    return this.#state.inventory.acknowledged()
  }

  /**
   * A new connection: central has our deltas up to `resume`, and nothing of what we sent later. Null: both sides
   * hold the same. Else the number of buckets to compare; until {@link repair}, nothing is sent.
   */
  begin({ resume, window }: Pick<Welcome, 'resume' | 'window'>): number | null {
    this.#repair?.stop()
    this.#repair = null
    this.#resync = null
    this.#inFlight.clear()
    this.#sentRevision = 0
    this.#window = window
    this.#state.transaction(() => this.#bookUpTo(resume))
    const own = this.acknowledged()
    if (own.count === resume.count && own.digest === resume.digest) return null
    this.#repair = new Repair(this.#state)
    return bucketCountFor(Math.max(own.count, resume.count))
  }

  /** Central's digests of the buckets asked for: what differs counts as not acknowledged and is sent again. */
  async repair(digests: readonly string[]): Promise<void> {
    const repair = this.#repair
    const resync = await repair?.run(digests)
    if (!repair || this.#repair !== repair) return
    this.#repair = null
    this.#resync = resync ?? null
  }

  setWindow(window: number): void {
    this.#window = window
  }

  /** The next delta to send, or null while there is nothing to send or enough in flight. */
  next(): InventoryDelta | null {
    if (this.#inFlight.size >= this.#window || this.#repair) return null
    // Most of the time there is nothing, and that is no reason to write.
    if (!this.#resync && !this.#state.inventory.hasPending(this.#sentRevision)) return null
    return this.#state.transaction(() => {
      const rows = this.#nextRows()
      const last = rows.at(-1)
      if (last) this.#sentRevision = last.revision
      const { inventory } = this.#state
      const sequence = inventory.sequence() + 1
      inventory.setSequence(sequence)
      const entries = this.#markSent(rows)
      inventory.addInFlight({ sequence, entries })
      this.#inFlight.set(sequence, entries)
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

  /** Central has committed that delta and all before it. One that is not in flight was another connection's. */
  acknowledge(sequence: number): void {
    if (!this.#inFlight.has(sequence)) return
    const booked = [...this.#inFlight.keys()].filter((sent) => sent <= sequence)
    this.#state.transaction(() => {
      for (const sent of booked) {
        const entries = this.#inFlight.get(sent)!
        this.#inFlight.delete(sent)
        this.#book(sent, entries, [...this.#inFlight.values()])
      }
    })
  }

  /** A point in the inventory's history, for {@link Outbox.isAcknowledgedUpTo}. */
  now(): number {
    return this.#state.inventory.revision()
  }

  /** Central holds everything that had changed by then, and a repair is over. */
  isAcknowledgedUpTo(revision: number): boolean {
    const inFlight = [...this.#inFlight.values()]
    // A delta that names nothing ends a resync; all others show as pending rows.
    if (this.#repair || this.#resync || inFlight.some((entries) => entries.length === 0)) {
      return false
    }
    return !this.#state.inventory.hasPendingUpTo(revision)
  }

  #bookUpTo({ epoch, sequence }: { epoch: string; sequence: number } & HeldInventory): void {
    const { inventory } = this.#state
    // A central that is ahead of us knows a later state than this one, which was put back from a copy: what it has
    // under these numbers is not what we would book.
    const isOurs = epoch === inventory.epoch() && sequence <= inventory.sequence()
    const all = inventory.inFlight()
    const committed = isOurs ? all.filter((sent) => sent.sequence <= sequence) : []
    for (const sent of all.slice(committed.length)) inventory.removeInFlight(sent.sequence)
    for (const [index, sent] of committed.entries()) {
      const later = committed.slice(index + 1).map(({ entries }) => entries)
      this.#book(sent.sequence, sent.entries, later)
    }
    inventory.setSequence(sequence)
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
    if (!this.#resync) return null
    const { id, buckets } = this.#resync
    const isLast = !this.#state.inventory.hasPending(this.#sentRevision)
    if (isLast) this.#resync = null
    return { id, isLast, buckets: isLast ? buckets : null }
  }

  /** `later`: deltas behind it that central has, or is on its way to have. */
  #book(
    sequence: number,
    entries: readonly SentEntry[],
    later: readonly (readonly SentEntry[])[],
  ): void {
    const { inventory } = this.#state
    const isAnyGone = entries.some(({ digest }) => digest === null)
    const cameBack = new Set(isAnyGone ? later.flatMap(presentIds) : [])
    let sum = inventory.acknowledged()
    for (const entry of entries) {
      sum = this.#bookEntry(entry, cameBack.has(entry.streamId), sum)
    }
    inventory.setAcknowledgedInventory(sum)
    inventory.removeInFlight(sequence)
  }

  /** `cameBack`: a later delta says that it is there, so this one's goodbye was not the last. */
  #bookEntry(
    entry: SentEntry,
    cameBack: boolean,
    sum: AcknowledgedInventory,
  ): AcknowledgedInventory {
    const { inventory } = this.#state
    const row = inventory.findById(entry.streamId)
    if (!row) return sum
    const isFinished = row.isGone && entry.digest === null && !cameBack
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

function presentIds(entries: readonly SentEntry[]): number[] {
  return entries.filter(({ digest }) => digest !== null).map(({ streamId }) => streamId)
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
