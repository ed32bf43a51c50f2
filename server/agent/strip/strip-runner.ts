/**
 * Strips the targets of a request: checks each again, copies its bytes to quarantine, removes exactly that
 * stream, and says what happened. Whatever moment the process dies at, a repeat of the request ends with
 * one removal and one true receipt:
 *
 *   journal begun → copy in quarantine (file, then row) → removed → receipt and inventory
 *
 * Without a quarantine row nothing has been removed yet. With one, the stream's absence is our doing.
 */
import type { NativeAddon, NativeCarrier } from '../../../native/addon.ts'
import type { OrderTarget, Receipt, StripRequest } from '../../protocol/order.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Scope, ScopePlace } from '../scan/scope.ts'
import type { AgentState } from '../state/open-state.ts'
import { refusal, type StripPolicy } from './guard.ts'
import { resultOf } from './native-result.ts'
import type { OrderJournal, Result } from './order-journal.ts'
import type { Quarantine } from './quarantine.ts'

/** Bounds memory however large the stream is. */
const COPY_BYTES = 4 * 1024 * 1024

const CHANGED: Result = {
  outcome: 'changed',
  reason: 'The stream’s content is not what was ordered to be removed.',
}

export interface OrderTools {
  readonly addon: NativeAddon
  readonly scope: Scope
  readonly state: AgentState
  readonly inventory: Inventory
  readonly journal: OrderJournal
  readonly quarantine: Quarantine
  readonly clock: Clock
}

export class StripRunner {
  readonly #tools: OrderTools
  readonly #policy: StripPolicy

  constructor(tools: OrderTools, policy: StripPolicy) {
    this.#tools = tools
    this.#policy = policy
  }

  async strip({ targets, orderId, orderedBy, reason }: StripRequest): Promise<Receipt[]> {
    const receipts: Receipt[] = []
    for (const target of targets) {
      const order = { orderId, orderedBy, reason }
      receipts.push(
        await this.#tools.journal.run('strip', order, target, () => this.#stripOne(target)),
      )
    }
    return receipts
  }

  async #stripOne(target: OrderTarget): Promise<Result> {
    const { addon, scope, state } = this.#tools
    const isResumed = state.quarantine.find(target.targetId) !== undefined
    const place = await scope.resolve(target.volumeId, target.path)
    const refused = refusal(target, place, this.#policy)
    if (refused !== null || place === null) {
      const result: Result = { outcome: 'refused', reason: refused ?? 'not in scope' }
      return isResumed ? unknownAfterCrash(result) : result
    }
    let carrier: NativeCarrier
    try {
      carrier = await addon.openCarrier(place.root, target.path, target.identity, scope.hints)
    } catch (error) {
      const result = resultOf(error)
      return isResumed ? unknownAfterCrash(result) : result
    }
    try {
      return await this.#stripFrom(carrier, place, target, isResumed)
    } finally {
      carrier.close()
    }
  }

  async #stripFrom(
    carrier: NativeCarrier,
    place: ScopePlace,
    target: OrderTarget,
    isResumed: boolean,
  ): Promise<Result> {
    let size: bigint | undefined
    try {
      size = (await carrier.list()).find((stream) => stream.name === target.stream)?.size
    } catch (error) {
      const result = resultOf(error)
      return isResumed ? unknownAfterCrash(result) : result
    }
    if (size === undefined) return this.#absent(target, isResumed)
    if (size !== BigInt(target.sizeBytes)) return CHANGED
    if (!isResumed) {
      const failure = await this.#quarantine(carrier, place, target)
      if (failure) return failure
    }
    return this.#remove(carrier, target, isResumed)
  }

  /** The stream is not there. With a copy of an interrupted attempt it was we, or a later order. */
  async #absent(target: OrderTarget, isResumed: boolean): Promise<Result> {
    const { inventory, state } = this.#tools
    const commit = () => inventory.recordGone(target)
    if (isResumed && !state.journal.hasOtherDone(target)) {
      return { outcome: 'done', reason: 'An interrupted attempt had removed it.', commit }
    }
    const reason = 'The file has no such stream any more.'
    return this.#untouched(target, { outcome: 'gone', reason, commit })
  }

  /** Null when the copy is complete and on record; else why there is none, with nothing left behind. */
  async #quarantine(
    carrier: NativeCarrier,
    place: ScopePlace,
    target: OrderTarget,
  ): Promise<Result | null> {
    const { quarantine, state, inventory, clock } = this.#tools
    try {
      const copy = await quarantine.copyIn(target.targetId, chunksOf(carrier, target))
      if (copy.sizeBytes !== target.sizeBytes || copy.sha256 !== target.sha256) {
        await quarantine.discard(target.targetId)
        return CHANGED
      }
      await quarantine.keep(target.targetId)
      state.quarantine.add({
        ...copy,
        targetId: target.targetId,
        kind: carrier.kind,
        modifiedNs: carrier.modifiedNs,
        report: inventory.find(target) ?? null,
        root: place.root,
        quarantinedAt: toTimestamp(clock.now()),
        restoredAt: null,
      })
      return null
    } catch (error) {
      await quarantine.discard(target.targetId).catch(() => undefined)
      const result = resultOf(error)
      if (result.outcome !== 'failed') return result
      const reason = `Nothing was removed: no copy could be kept in quarantine. ${result.reason}`
      return { outcome: 'failed', reason }
    }
  }

  async #remove(carrier: NativeCarrier, target: OrderTarget, isResumed: boolean): Promise<Result> {
    const { inventory } = this.#tools
    const forget = () => inventory.recordGone(target)
    const expected = { size: BigInt(target.sizeBytes), sha256: target.sha256 }
    try {
      const outcome = await carrier.remove(target.stream, expected)
      if (outcome === 'done') {
        return { ...removed('Removed; a copy is in quarantine.'), commit: forget }
      }
      if (outcome === 'changed') return isResumed ? CHANGED : await this.#untouched(target, CHANGED)
      return await this.#absent(target, isResumed)
    } catch (error) {
      const result = resultOf(error)
      if (result.outcome !== 'failed') {
        return isResumed ? result : await this.#untouched(target, result)
      }
      return this.#afterFailure(carrier, target, result)
    }
  }

  /** The removal failed in a way that says nothing about the disk: look. The copy is kept. */
  async #afterFailure(
    carrier: NativeCarrier,
    target: OrderTarget,
    result: Result,
  ): Promise<Result> {
    const streams = await carrier.list().catch(() => null)
    if (streams === null || streams.some((stream) => stream.name === target.stream)) return result
    const forget = () => this.#tools.inventory.recordGone(target)
    return { ...removed(`Removed, although the system said: ${result.reason}`), commit: forget }
  }

  /** Nothing was removed, so nothing is kept. The file goes after the row: `clean` finds it at worst. */
  async #untouched(target: OrderTarget, result: Result): Promise<Result> {
    this.#tools.state.quarantine.remove(target.targetId)
    await this.#tools.quarantine.discard(target.targetId)
    return result
  }
}

function removed(reason: string): Result {
  return { outcome: 'done', reason }
}

/** A copy is in quarantine, so the stream may be gone; saying "untouched" could be false. */
function unknownAfterCrash({ outcome, reason }: Result): Result {
  if (outcome === 'gone' || outcome === 'changed') return { outcome, reason }
  return {
    outcome: 'failed',
    reason: `An earlier attempt was interrupted and its result cannot be seen now; a copy is in quarantine. ${reason}`,
  }
}

async function* chunksOf(carrier: NativeCarrier, target: OrderTarget): AsyncGenerator<Uint8Array> {
  // A stream that grows while it is read is cut where the order's size ends, and then differs by hash
  // or at the removal, which compares again.
  for (let offset = 0; offset < target.sizeBytes; offset += COPY_BYTES) {
    const length = Math.min(COPY_BYTES, target.sizeBytes - offset)
    yield await carrier.read(target.stream, offset, length)
  }
}
