/**
 * The inventory engine: everything that central knows of streams, and the only door to it.
 *
 * What holds for every engine (`test/unit/central/inventory-engine-suite.ts` checks it):
 *
 * - A delta is all or nothing. When `apply` or `applyFrame` has resolved, it is on disk, and only then may it
 *   be acknowledged; together with it are the machine's counts, its digest and its resume point.
 * - Applying a delta again changes nothing. A stream that comes back is the same row again: `streamId` is
 *   never reused and never changes.
 * - Every report comes back exactly, unpaired surrogates included.
 * - The deltas of one machine are applied in the order of the calls. Those of several machines may share a
 *   transaction, and none waits longer for that than a commit takes.
 * - Reads see what was committed before they began. No call blocks the event loop: writing and reading are
 *   done elsewhere. What is synchronous here reads memory only.
 *
 * What callers must see to: the machine was put, and is the one whose key signed the connection's hello.
 */
import type { MachineId, VolumeId } from '../../../protocol/ids.ts'
import type { OrderAction } from '../../../protocol/order.ts'
import type { ReportedStream } from '../../../protocol/stream.ts'
import type { Query } from '../../../streams/query/ast.ts'
import type { SelectionRequest, TargetSelection } from './query/select-targets.ts'
import type { StoredDelta } from './stored-delta.ts'
import type { FacetBucket, StoredFacets } from './stored-facets.ts'

export interface InventoryEngine extends InventoryWriting, InventoryReading, InventoryCare {}

export interface InventoryWriting {
  /** Makes machines known, or takes over their new names and labels. `machineNo` never changes. */
  putMachines(machines: readonly KnownMachine[]): Promise<void>

  /**
   * An `inventory.delta` as it came from the wire, zstd-compressed: decompressed, checked, stored.
   * Rejects with FrameError if it is no such frame, with {@link DeltaRefused} if it does not fit what came before,
   * with {@link InventoryUnavailable} if it could not be stored.
   */
  applyFrame(machineId: MachineId, frame: Uint8Array, now: number): Promise<DeltaApplied>

  /** The same for a delta that was checked already. */
  apply(machineId: MachineId, delta: StoredDelta, now: number): Promise<DeltaApplied>

  /** How a machine's volumes were read by its latest scan. Others of its volumes stay as they are. */
  setVolumes(machineId: MachineId, volumes: readonly ScannedVolumeState[]): Promise<void>

  /**
   * The agent's deltas are counted from 1 without gaps within an epoch of the agent's choice; a delta up to the
   * resume point is a repeat: nothing is done, and it may be acknowledged. One after a gap is refused. An epoch
   * that differs from the stored one begins at sequence 0. With null, sequences mean nothing.
   */
  beginConnection(machineId: MachineId, epoch: string | null): Promise<ResumePoint>
}

export interface InventoryReading {
  /** What central holds of a machine, as of its last applied delta. Undefined: never put. Synchronous. */
  held(machineId: MachineId): MachineInventory | undefined
  /** Sums over all machines. Synchronous. */
  totals(): MachineCounts

  /** Ordered as the plan says; the order is stable along one chain of cursors. */
  page(filter: StreamFilter, page: PageRequest, options?: ReadOptions): Promise<StreamsPage>
  /** Exact, or a lower bound where counting on would have taken too long. */
  count(filter: StreamFilter, options?: ReadOptions): Promise<StreamCount>
  facets(filter: StreamFilter, options?: ReadOptions): Promise<StoredFacets>
  /** How a search would be answered, in words. Reads no streams. */
  explain(filter: StreamFilter): Promise<SearchPlan>
  find(streamId: number): Promise<StoredStream | undefined>
  /** Those of the ids that exist, by id. */
  listByIds(streamIds: readonly number[]): Promise<StoredStream[]>
  /**
   * What an order would name, as of one moment, and why not the rest. Rejects with ORDER_TOO_LARGE beyond `max`. May take
   * seconds: give it a deadline.
   */
  selectTargets(
    request: SelectionRequest,
    action: OrderAction,
    max: number,
    options?: ReadOptions,
  ): Promise<TargetSelection>
  /** Values of a field that begin with `prefix` (any case), the most frequent first. */
  suggest(field: SuggestField, prefix: string, limit: number): Promise<FacetBucket[]>
  /** On which machines a carrier or content is known, by hostname. Only machines that have it. */
  whereIs(what: CarrierQuestion, page: PageRequest, options?: ReadOptions): Promise<WhereIsPage>
  /** All streams of one machine by `streamId`, oldest first. */
  machineStreams(
    machineId: MachineId,
    presence: Presence,
    page: PageRequest,
    options?: ReadOptions,
  ): Promise<StreamsPage>
  /**
   * Digests of the machine's live streams, each in bucket `bucketOf(key, bucketCount)` of
   * server/shared/inventory-buckets.ts: where two sides differ in a few buckets, only those are sent again.
   */
  bucketDigests(machineId: MachineId, bucketCount: number): Promise<string[]>
}

export interface InventoryCare {
  /** Whether deltas are taken. Synchronous. */
  state(): EngineState
  /** Called with each new state; returns what ends it. */
  onState(listener: (state: EngineState) => void): () => void
  /** Rejects if the inventory cannot be read. */
  ping(): Promise<void>
  stats(): Promise<InventoryStats>
  /** Forgets streams that went before `goneBefore`, a small transaction at a time. Returns how many. */
  prune(goneBefore: number): Promise<number>
  /** Commits what was called for before, then ends the workers. */
  close(): Promise<void>
}

/** The delta does not fit what is stored of its machine: the agent must connect anew and be told where it stands. */
export class DeltaRefused extends Error {
  override readonly name = 'DeltaRefused'
}

/** The inventory takes no deltas now; nothing of the rejected one was kept. Trying again later is right. */
export class InventoryUnavailable extends Error {
  override readonly name = 'InventoryUnavailable'
  readonly state: EngineState

  constructor(state: EngineState, options: { cause?: unknown } = {}) {
    const { message } = (options.cause ?? {}) as { message?: string }
    const why = state.kind === 'ready' ? message : describeState(state)
    super(`the inventory cannot be written: ${why}`, options)
    this.state = state
  }
}

/**
 * `ready`; `disk-full`: deltas are refused until there is space again, which is found out without a restart;
 * `restarting`: what writes has died, and is being started again for as long as it takes.
 */
export type EngineState =
  | { kind: 'ready' }
  | { kind: 'disk-full' | 'restarting'; since: number; message: string }

export function describeState(state: EngineState): string {
  if (state.kind === 'ready') return 'ready'
  return `${state.kind === 'disk-full' ? 'disk full' : 'restarting'}: ${state.message}`
}

export interface KnownMachine {
  /** The number that central.sqlite knows it by; part of every `streamId` of the machine. */
  machineNo: number
  machineId: MachineId
  hostname: string
  labels: readonly string[]
}

export interface MachineCounts {
  streams: number
  marks: number
  suspicious: number
}

/** Of the streams that are not gone. */
export interface MachineInventory {
  counts: MachineCounts
  digest: string
}

export interface DeltaApplied extends MachineInventory {
  sequence: number
  /** Streams that were added, changed or went. */
  changed: number
  /** What others may want to hear of, at most MAX_NOTABLE of each kind; `changed` counts all. */
  notable: NotableChange[]
}

export const MAX_NOTABLE = 20

/** `appeared`: also when a stream that was there before became one. */
export interface NotableChange {
  kind: 'suspicious-appeared' | 'suspicious-gone' | 'mark-appeared' | 'mark-gone'
  streamId: number
}

export interface ScannedVolumeState {
  volumeId: VolumeId
  isWritable: boolean
  /** Of a complete scan: every stream of the volume that is not gone was there then. Null: not complete. */
  confirmedAt: number | null
}

/** Up to where central has an agent's deltas, and what it holds then. */
export interface ResumePoint {
  epoch: string | null
  sequence: number
  count: number
  digest: string
}

/** Which streams by their presence. `live` is what is there now, as far as central knows. */
export type Presence = 'live' | 'gone' | 'any'

export interface StreamFilter {
  query: Query
  presence: Presence
  /** Only streams of these machines; left out or null: of all. Nothing in an answer is of any other. */
  machineNos?: readonly number[] | null | undefined
}

export interface StoredStream extends ReportedStream {
  streamId: number
  machineId: MachineId
  hostname: string
  firstSeenAt: number
  lastSeenAt: number
  goneAt: number | null
  /** False also where no scan has told yet how the volume is read. */
  isVolumeWritable: boolean
}

export interface PageRequest {
  /** `cursor` of the page before; undefined: the first. */
  cursor?: string | undefined
  limit: number
}

export interface ReadOptions {
  /** Rejects with SEARCH_TIMEOUT after so long. */
  deadlineMs?: number | undefined
  /** Nobody waits for the answer any more: the work ends soon, with an AbortError. */
  signal?: AbortSignal | undefined
}

export interface StreamsPage {
  streams: StoredStream[]
  /** Null: the last page. */
  cursor: string | null
}

export interface StreamCount {
  total: number
  /** False: there are at least so many. */
  isExact: boolean
}

export interface SearchPlan {
  /** What the rows are found by. */
  driver: string
  /** Rows that the driver leads to, estimated from counts that are kept. */
  estimate: number
  /** What each of them is compared with, in words. */
  filters: string[]
  order: string
}

export type SuggestField =
  | 'machine'
  | 'name'
  | 'ext'
  | 'stream'
  | 'host'
  | 'referrer'
  | 'writer'
  | 'verdict'
  | 'rule'
  | 'zone'
  | 'label'

/** Compared whole, without regard to ASCII case. */
export interface CarrierQuestion {
  by: 'name' | 'path' | 'sha256'
  value: string
}

export interface MachineHaving {
  machineId: MachineId
  hostname: string
  live: number
  liveMarks: number
  gone: number
  firstSeenAt: number
  /** One of them, the newest. */
  streamId: number
}

export interface WhereIsPage {
  machines: MachineHaving[]
  cursor: string | null
}

export interface InventoryStats {
  bytes: number
  walBytes: number
  streams: number
  liveStreams: number
  items: number
  classes: number
  bytesPerStream: number
}
