/** Previews: what an order would name, frozen. While its streams are looked for it is here; from then on in the store. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import type { OrderPreview, PreviewTargetPage } from '../../protocol/api/order-previews.ts'
import type { PreviewRequest } from '../../protocol/api/preview-requests.ts'
import { type EffectiveScope, isWithinScope } from '../../protocol/api/scope.ts'
import type { PreviewId } from '../../protocol/ids.ts'
import { MAX_ORDER_TARGETS } from '../../protocol/limits.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { isInScope, requireInScope, type Scope } from '../accounts/scope-service.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import type { FreezeSource, NewPreview, Page, StoredPreview } from '../store/order-store.ts'
import type { Stores } from '../store/stores.ts'
import { parseSearch } from '../streams/parse-search.ts'
import { approvalNeeded, type OrderPolicyService } from './order-policy.ts'
import { createOrderReading, findOrder } from './order-reading.ts'
import { warningsOf } from './preview-warnings.ts'

export interface PreviewService {
  /** Freezes targets within the scope only. */
  begin(request: PreviewRequest, actor: string, waitMs: number, scope: Scope): Promise<OrderPreview>
  /** Whether it was begun in this scope, or a part of it: another one's counts tell of machines beyond. */
  isVisible(previewId: PreviewId, scope: Scope): boolean
  /** The same, and that what was frozen lies within it still. Throws PREVIEW_NOT_FOUND. */
  requireVisible(previewId: PreviewId, scope: Scope): Promise<void>
  get(previewId: PreviewId, waitMs: number): Promise<OrderPreview>
  targets(previewId: PreviewId, page: Page): Promise<PreviewTargetPage>
  drop(previewId: PreviewId): Promise<void>
}

/** One that is not in the store yet, or never came to be. */
interface Begun {
  preview: StoredPreview
  scope: EffectiveScope
  ended: Promise<void>
  abort: AbortController
}

/** Long enough to look at it and ask somebody. */
const KEPT_MS = 3_600_000
/** For a query over a whole fleet. */
const SELECT_MS = 120_000
/** Of those that were begun, how many are remembered here. */
const MAX_BEGUN = 1_000

export function createPreviewService(parts: {
  stores: Pick<Stores, 'orders' | 'inventory'>
  policy: OrderPolicyService
  link: AgentLink
  clock: Clock
}): PreviewService {
  const { stores, policy, link, clock } = parts
  const { orders, inventory } = stores
  const reading = createOrderReading(orders, link)
  const begun = new LRUCache<PreviewId, Begun>({ max: MAX_BEGUN, ttl: KEPT_MS })
  // One at a time: searches keep a reader for themselves.
  const selecting = pLimit(1)

  const sourceOf = async (
    request: PreviewRequest,
    scope: Scope,
    signal: AbortSignal,
  ): Promise<FreezeSource> => {
    const { action, selection } = request
    if ('files' in selection) return { kind: 'files', files: selection.files }
    if ('doneOf' in selection) return { kind: 'marks-of', orderId: selection.doneOf }
    const machineNos = scope?.machineNos ?? null
    const what =
      'query' in selection
        ? {
            filter: {
              query: parseSearch(selection.query, clock.now()),
              presence: 'live' as const,
              machineNos,
            },
          }
        : { streamIds: selection.streamIds, machineNos }
    const found = await selecting(() =>
      inventory.selectTargets(what, action, MAX_ORDER_TARGETS, { deadlineMs: SELECT_MS, signal }),
    )
    return { kind: 'streams', selection: found }
  }

  /** What can be refused at once. */
  const check = async ({ selection }: PreviewRequest, scope: Scope): Promise<void> => {
    if ('query' in selection) parseSearch(selection.query, clock.now())
    if ('files' in selection) {
      for (const { machineId } of selection.files) requireInScope(scope, machineId)
    }
    if (!('doneOf' in selection)) return
    await reading.requireVisible(selection.doneOf, scope)
    const { action } = await findOrder(orders, selection.doneOf)
    if (action === 'strip') return
    throw new AppError(
      'ORDER_NOT_STRIP',
      409,
      `order ${selection.doneOf} took no marks away: it is no strip`,
    )
  }

  const waited = async (previewId: PreviewId, waitMs: number): Promise<void> => {
    const ended = begun.get(previewId)?.ended
    if (ended === undefined || waitMs === 0) return
    const timer = new AbortController()
    const time = sleep(waitMs, undefined, { signal: timer.signal }).catch(() => undefined)
    await Promise.race([ended, time])
    timer.abort()
  }

  const find = async (previewId: PreviewId): Promise<StoredPreview> => {
    const entry = begun.get(previewId)
    if (entry?.preview.state === 'failed') return entry.preview
    try {
      return await orders.findPreview(previewId)
    } catch (error) {
      if (entry !== undefined && error instanceof AppError && error.code === 'PREVIEW_NOT_FOUND')
        return entry.preview
      throw error
    }
  }

  const get = async (previewId: PreviewId, waitMs: number): Promise<OrderPreview> => {
    await waited(previewId, waitMs)
    const preview = await find(previewId)
    const isFrozen = preview.state === 'ready' || preview.state === 'used'
    const machines = isFrozen ? await orders.previewMachines(previewId) : []
    const offline = machines.filter((machineId) => !link.isOnline(machineId)).length
    return toPreview(preview, offline, policy)
  }

  const isVisible: PreviewService['isVisible'] = (previewId, scope) => {
    if (scope === null) return true
    const entry = begun.get(previewId)
    return entry !== undefined && isWithinScope(entry.scope, scope.labels)
  }

  return {
    get,
    isVisible,
    requireVisible: async (previewId, scope) => {
      if (scope === null) return
      if (!isVisible(previewId, scope)) throw noPreview(previewId)
      const { state } = await find(previewId)
      if (state !== 'ready' && state !== 'used') return
      for (const machineId of await orders.previewMachines(previewId)) {
        if (!isInScope(scope, machineId)) throw noPreview(previewId)
      }
    },
    begin: async (request, actor, waitMs, scope) => {
      await check(request, scope)
      const { action, selection } = request
      const now = clock.now()
      const preview: NewPreview = {
        previewId: randomUUID() as string as PreviewId,
        action,
        origin: request.action === 'mark' ? request.origin : null,
        query: 'query' in selection ? selection.query : null,
        createdBy: actor,
        expiresAt: now + KEPT_MS,
      }
      const abort = new AbortController()
      const entry: Begun = {
        preview: { ...preview, ...NOTHING_YET, createdAt: now },
        scope: scope === null ? null : [...scope.labels],
        ended: sourceOf(request, scope, abort.signal)
          .then((source) => {
            abort.signal.throwIfAborted()
            return orders.freeze(preview, source, now)
          })
          .catch((error: Error) => {
            entry.preview = { ...entry.preview, state: 'failed', error: error.message }
          }),
        abort,
      }
      begun.set(preview.previewId, entry)
      return get(preview.previewId, waitMs)
    },
    targets: (previewId, page) => orders.previewTargets(previewId, page).then(withoutSource),
    drop: async (previewId) => {
      const entry = begun.get(previewId)
      entry?.abort.abort()
      try {
        await orders.dropPreview(previewId)
      } catch (error) {
        const isNotThere = error instanceof AppError && error.code === 'PREVIEW_NOT_FOUND'
        if (!isNotThere || entry === undefined) throw error
      }
      begun.delete(previewId)
    },
  }
}

function noPreview(previewId: PreviewId): AppError {
  const message = `there is no preview ${previewId}; they are forgotten after an hour`
  return new AppError('PREVIEW_NOT_FOUND', 404, message)
}

const NOTHING_YET: Omit<StoredPreview, keyof NewPreview | 'createdAt'> = {
  state: 'counting',
  error: '',
  targetCount: 0,
  machineCount: 0,
  totalBytes: 0,
  summary: {
    byMachine: [],
    byVerdict: [],
    byExtension: [],
    byOrigin: [],
    excluded: [],
    otherStreams: 0,
    returned: 0,
    onShares: 0,
  },
  digest: null,
}

function withoutSource({
  targets,
  cursor,
}: {
  targets: (PreviewTargetPage['targets'][number] & { strippedTargetId: unknown })[]
  cursor: string | null
}): PreviewTargetPage {
  return { targets: targets.map(({ strippedTargetId: _, ...target }) => target), cursor }
}

function toPreview(
  stored: StoredPreview,
  offlineMachineCount: number,
  policy: OrderPolicyService,
): OrderPreview {
  const { previewId, action, state, error, query, origin, createdBy, digest, summary } = stored
  const isFrozen = state === 'ready' || state === 'used'
  const targetCount = isFrozen ? stored.targetCount : 0
  const { byMachine, byVerdict, byExtension, byOrigin, excluded } = summary
  return {
    ...{ previewId, action, state, error, query, origin, createdBy, digest },
    counted: stored.targetCount,
    targetCount,
    machineCount: stored.machineCount,
    offlineMachineCount,
    totalBytes: stored.totalBytes,
    ...{ byMachine, byVerdict, byExtension, byOrigin, excluded },
    warnings: isFrozen ? warningsOf(stored, offlineMachineCount) : [],
    approvalNeeded: isFrozen
      ? approvalNeeded(policy.get(), { action, targetCount, byVerdict })
      : null,
    createdAt: toTimestamp(stored.createdAt),
    expiresAt: toTimestamp(stored.expiresAt),
  }
}
