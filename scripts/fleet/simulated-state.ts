/**
 * What a simulated agent knows and has sent, behind the same interface as the agent's SQLite file, in a few bytes
 * for each stream: which version of it is there, and which one central has acknowledged. What the stream says is
 * made up again whenever it is asked for.
 */
import { randomBytes } from 'node:crypto'
import type { OutboxState, OutboxStore } from '../../server/agent/inventory/outbox.ts'
import type {
  AcknowledgedInventory,
  InFlight,
  PendingStream,
} from '../../server/agent/state/inventory-store.ts'
import type { ReportedStream } from '../../server/protocol/stream.ts'
import { EMPTY_DIGEST, streamDigest } from '../../server/shared/inventory-digest.ts'

/** The streams of one machine as they are at first; the same with every call. */
export type StreamSource = () => readonly ReportedStream[]

export class SimulatedState implements OutboxState {
  readonly inventory: SimulatedInventory

  /** Nothing is there until it is found. */
  constructor(source: StreamSource, total: number) {
    this.inventory = new SimulatedInventory(source, total)
  }

  /** Nothing here survives the process, so there is nothing to take back. */
  transaction<Result>(work: () => Result): Result {
    return work()
  }
}

export class SimulatedInventory implements OutboxStore {
  readonly #source: StreamSource
  /** Of each stream: 0 is not there, others are states of it. */
  readonly #version: Uint8Array
  readonly #acked: Uint8Array
  readonly #wasSent: Uint8Array
  readonly #revisionOf: Uint32Array
  readonly #epoch = randomBytes(16).toString('hex')
  readonly #inFlight = new Map<number, InFlight>()
  #revision = 0
  #sequence = 0
  #pendingCount = 0
  #acknowledged: AcknowledgedInventory = { count: 0, digest: EMPTY_DIGEST }

  constructor(source: StreamSource, total: number) {
    this.#source = source
    this.#version = new Uint8Array(total)
    this.#acked = new Uint8Array(total)
    this.#wasSent = new Uint8Array(total)
    this.#revisionOf = new Uint32Array(total)
  }

  get pendingCount(): number {
    return this.#pendingCount
  }

  /** A first scan: the first `count` streams are there; the rest may come. */
  find(count: number): void {
    for (let row = 0; row < count; row++) this.#set(row, 1)
  }

  /** As many streams change, go and come, as `share` of all says. */
  churn(share: number, random: () => number): void {
    const changes = Math.max(1, Math.round(this.#version.length * share))
    for (let n = 0; n < changes; n++) {
      const row = Math.floor(random() * this.#version.length)
      const version = this.#version[row]!
      const goes = version > 0 && random() < 0.4
      this.#set(row, goes ? 0 : (version % 250) + 1)
    }
  }

  /** What is there now. */
  streams(): ReportedStream[] {
    const all = this.#source()
    return all.flatMap((_, row) => (this.#version[row] === 0 ? [] : [this.#report(all, row)]))
  }

  epoch(): string {
    return this.#epoch
  }

  sequence(): number {
    return this.#sequence
  }

  setSequence(sequence: number): void {
    this.#sequence = sequence
  }

  inFlight(): InFlight[] {
    return [...this.#inFlight.values()]
  }

  addInFlight(delta: InFlight): void {
    this.#inFlight.set(delta.sequence, delta)
  }

  removeInFlight(sequence: number): void {
    this.#inFlight.delete(sequence)
  }

  revision(): number {
    return this.#revision
  }

  *pending(afterRevision: number, limit: number): IterableIterator<PendingStream> {
    const all = this.#source()
    for (const row of this.#pendingRows(afterRevision).slice(0, limit)) yield this.#row(all, row)
  }

  hasPending(afterRevision: number): boolean {
    if (this.#pendingCount === 0 || afterRevision >= this.#revision) return false
    return this.#version.some(
      (_, row) => this.#isPending(row) && this.#revisionOf[row]! > afterRevision,
    )
  }

  hasPendingUpTo(revision: number): boolean {
    if (this.#pendingCount === 0) return false
    return this.#version.some(
      (_, row) => this.#isPending(row) && this.#revisionOf[row]! <= revision,
    )
  }

  findById(streamId: number): PendingStream {
    return this.#row(this.#source(), streamId - 1)
  }

  markSent(streamId: number): void {
    this.#wasSent[streamId - 1] = 1
  }

  setAcknowledged(streamId: number, digest: string | null): void {
    const row = streamId - 1
    // A digest of an older version is told from none, and that is all that is asked of it.
    const isCurrent = digest === this.#digest(this.#source(), row, this.#version[row]!)
    this.#change(row, () => {
      this.#acked[row] =
        digest === null ? 0 : isCurrent ? this.#version[row]! : this.#older(row, digest)
    })
  }

  bumpRevision(streamId: number): void {
    this.#revisionOf[streamId - 1] = ++this.#revision
  }

  /** It is not there, and central knows. */
  remove(streamId: number): void {
    this.#change(streamId - 1, () => {
      this.#acked[streamId - 1] = 0
      this.#wasSent[streamId - 1] = 0
    })
  }

  acknowledged(): AcknowledgedInventory {
    return this.#acknowledged
  }

  setAcknowledgedInventory(inventory: AcknowledgedInventory): void {
    this.#acknowledged = inventory
  }

  acknowledgedStreams(afterId: number, limit: number) {
    const all = this.#source()
    const rows = [...this.#acked.keys()].filter((row) => row >= afterId && this.#acked[row]! > 0)
    return rows.slice(0, limit).map((row) => ({
      streamId: row + 1,
      key: keyOf(all[row]!),
      ackedDigest: this.#digest(all, row, this.#acked[row]!),
    }))
  }

  forgetAcknowledged(streamId: number): void {
    this.#change(streamId - 1, () => {
      this.#acked[streamId - 1] = 0
      this.#wasSent[streamId - 1] = 1
    })
  }

  #set(row: number, version: number): void {
    this.#change(row, () => {
      this.#version[row] = version
      this.#revisionOf[row] = ++this.#revision
    })
  }

  #change(row: number, work: () => void): void {
    const before = this.#isPending(row)
    work()
    this.#pendingCount += Number(this.#isPending(row)) - Number(before)
  }

  /** Gone and sent once: central has to hear of it. Else: what is there is not what was acknowledged. */
  #isPending(row: number): boolean {
    if (this.#version[row] === 0) return this.#wasSent[row] === 1
    return this.#version[row] !== this.#acked[row]
  }

  #pendingRows(afterRevision: number): number[] {
    if (this.#pendingCount === 0) return []
    return [...this.#version.keys()]
      .filter((row) => this.#isPending(row) && this.#revisionOf[row]! > afterRevision)
      .sort((a, b) => this.#revisionOf[a]! - this.#revisionOf[b]!)
  }

  #row(all: readonly ReportedStream[], row: number): PendingStream {
    const version = this.#version[row]!
    const acked = this.#acked[row]!
    return {
      streamId: row + 1,
      key: keyOf(all[row]!),
      root: 'C:\\',
      report: JSON.stringify(this.#report(all, row)),
      digest: this.#digest(all, row, version),
      isGone: version === 0,
      wasSent: this.#wasSent[row] === 1,
      ackedDigest: acked === 0 ? null : this.#digest(all, row, acked),
      revision: this.#revisionOf[row]!,
    }
  }

  #report(all: readonly ReportedStream[], row: number): ReportedStream {
    return versionOf(all[row]!, this.#version[row]!)
  }

  #digest(all: readonly ReportedStream[], row: number, version: number): string {
    return streamDigest(versionOf(all[row]!, version))
  }

  /** Which version had this digest. */
  #older(row: number, digest: string): number {
    const all = this.#source()
    for (let version = 1; version <= 250; version++) {
      if (this.#digest(all, row, version) === digest) return version
    }
    throw new Error(`no version of stream ${row} has the digest ${digest}`)
  }
}

function versionOf(stream: ReportedStream, version: number): ReportedStream {
  return version <= 1 ? stream : { ...stream, sizeBytes: stream.sizeBytes + version - 1 }
}

function keyOf({ volumeId, identity, stream }: ReportedStream) {
  return { volumeId, identity, stream }
}
