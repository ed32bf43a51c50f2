/**
 * Puts back what a strip took away: exactly the quarantined bytes, on exactly that carrier, and never
 * over anything. The copy stays in quarantine.
 */
import { createHash } from 'node:crypto'
import type { NativeCarrier, NativeError, NativeStreamEntry } from '../../../native/addon.ts'
import type { Receipt, RestoreRequest, RestoreTarget } from '../../protocol/order.ts'
import { toTimestamp } from '../../shared/clock.ts'
import { CONTENT_BYTES, toReport } from '../inventory/report.ts'
import type { ScopePlace } from '../scan/scope.ts'
import type { QuarantineEntry } from '../state/quarantine-store.ts'
import { placeRefusal } from './guard.ts'
import { resultOf } from './native-result.ts'
import type { Result } from './order-journal.ts'
import type { OrderTools } from './strip-runner.ts'

const OCCUPIED: Result = {
  outcome: 'changed',
  reason: 'The file has a stream of this name again, with other content.',
}

export class RestoreRunner {
  readonly #tools: OrderTools

  constructor(tools: OrderTools) {
    this.#tools = tools
  }

  async restore({ targets, orderId, orderedBy, reason }: RestoreRequest): Promise<Receipt[]> {
    const receipts: Receipt[] = []
    for (const target of targets) {
      const order = { orderId, orderedBy, reason }
      receipts.push(
        await this.#tools.journal.run('restore', order, target, () => this.#restoreOne(target)),
      )
    }
    return receipts
  }

  async #restoreOne(target: RestoreTarget): Promise<Result> {
    const { scope, state } = this.#tools
    const kept = state.quarantine.find(target.strippedTargetId)
    const stripped = state.journal.find(target.strippedTargetId)?.target
    if (!kept || !stripped) {
      return refused('This agent’s quarantine holds nothing of that strip order.')
    }
    const fields = ['volumeId', 'identity', 'stream', 'sizeBytes', 'sha256'] as const
    if (fields.some((field) => stripped[field] !== target[field])) {
      return refused('This is not the stream that was stripped.')
    }
    const place = await scope.resolve(target.volumeId, target.path)
    const reason = placeRefusal(place)
    if (reason !== null || place === null) return refused(reason ?? 'not in scope')
    const bytes = await this.#tools.quarantine.read(target.strippedTargetId)
    if (sha256(bytes) !== kept.sha256) {
      return failed('The copy in quarantine is damaged; nothing was written.')
    }
    return this.#restoreTo(place, target, kept, bytes)
  }

  async #restoreTo(
    place: ScopePlace,
    target: RestoreTarget,
    kept: QuarantineEntry,
    bytes: Buffer,
  ): Promise<Result> {
    let carrier: NativeCarrier | null = null
    try {
      const { addon, scope } = this.#tools
      carrier = await addon.openCarrier(place.root, target.path, target.identity, scope.hints)
      const before = await find(carrier, target.stream)
      if (before) {
        const isSame =
          before.size === BigInt(bytes.length) &&
          (await carrier.hash(target.stream)) === kept.sha256
        if (!isSame) return OCCUPIED
      } else {
        await carrier.create(target.stream, bytes)
      }
      const after = await find(carrier, target.stream)
      if (!after || (await carrier.hash(target.stream)) !== kept.sha256) {
        return failed('The stream was written, but reads back differently.')
      }
      const reason = before ? 'It was already there, with the same content.' : 'Put back.'
      const commit = this.#commit(place, target, kept, bytes, carrier, after)
      return { outcome: 'done', reason, commit }
    } catch (error) {
      return (error as NativeError).code === 'ADS_EXISTS' ? OCCUPIED : resultOf(error)
    } finally {
      carrier?.close()
    }
  }

  #commit(
    place: ScopePlace,
    target: RestoreTarget,
    kept: QuarantineEntry,
    bytes: Buffer,
    carrier: NativeCarrier,
    stream: NativeStreamEntry,
  ): () => void {
    const { state, inventory, clock } = this.#tools
    const found = {
      path: target.path,
      // The carrier itself does not know its other paths; the next scan does.
      links: kept.report?.links ?? [target.path],
      ...stream,
      identity: target.identity,
      modifiedNs: carrier.modifiedNs,
      kind: carrier.kind,
      sha256: kept.sha256,
      content: bytes.subarray(0, CONTENT_BYTES),
    }
    const limits = { hashLimitBytes: Number.MAX_SAFE_INTEGER }
    const report = toReport(target.volumeId, found, limits)
    return () => {
      state.quarantine.markRestored(target.strippedTargetId, toTimestamp(clock.now()))
      if (report) inventory.recordPresent(place.root, report)
    }
  }
}

async function find(carrier: NativeCarrier, name: string): Promise<NativeStreamEntry | undefined> {
  return (await carrier.list()).find((stream) => stream.name === name)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function refused(reason: string): Result {
  return { outcome: 'refused', reason }
}

function failed(reason: string): Result {
  return { outcome: 'failed', reason }
}
