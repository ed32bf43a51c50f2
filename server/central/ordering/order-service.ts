/**
 * Orders: the only way to a deletion. An order names what its preview froze; what the person believed the count to be
 * must be the count; above what the policy says, somebody else must approve it. So it is for a retry, too, unless
 * somebody did: what was rejected or cancelled before anybody approved it must not come back by itself.
 */
import { createHash, randomUUID } from 'node:crypto'
import type {
  ApprovalRequest,
  CancelRequest,
  OrderPlan,
  OrderRequest,
  ReasonRequest,
  RetryRequest,
  UndoRequest,
} from '../../protocol/api/order-requests.ts'
import type { Order } from '../../protocol/api/orders.ts'
import type { OrderId, PreviewId } from '../../protocol/ids.ts'
import type { OrderAction } from '../../protocol/order.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import { zoneIdentifierBytes } from '../../streams/zone-identifier-text.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import type { FreezeSource, NewOrder, StoredOrder } from '../store/order-store.ts'
import type { Stores } from '../store/stores.ts'
import { approvalNeeded, type OrderPolicyService } from './order-policy.ts'
import { createOrderReading, findOrder, type OrderReading, toOrder } from './order-reading.ts'

export interface OrderService extends OrderReading {
  /** `writers`: the people behind it, where `actor` is a rule. */
  create(request: OrderRequest, actor: string, writers?: readonly string[]): Promise<Order>
  approve(orderId: OrderId, request: ApprovalRequest, actor: string): Promise<Order>
  reject(orderId: OrderId, request: ReasonRequest, actor: string): Promise<Order>
  pause(orderId: OrderId, request: ReasonRequest, actor: string): Promise<Order>
  resume(orderId: OrderId, request: ReasonRequest, actor: string): Promise<Order>
  cancel(orderId: OrderId, request: CancelRequest, actor: string): Promise<Order>
  retry(orderId: OrderId, request: RetryRequest, actor: string): Promise<Order>
  undo(orderId: OrderId, request: UndoRequest, actor: string): Promise<Order>
}

const DAY_MS = 86_400_000
const EXPIRES_MS = 30 * DAY_MS
/** A list that is made for an order at once is never looked at before. */
const LIST_KEPT_MS = 600_000

const AT_ONCE = { canaryMachines: 0, rampPercent: [], stopAtFailedPercent: null }

export function createOrderService(parts: {
  stores: Pick<Stores, 'orders'>
  policy: OrderPolicyService
  link: AgentLink
  clock: Clock
}): OrderService {
  const { policy, link, clock } = parts
  const { orders } = parts.stores
  const reading = createOrderReading(orders, link)

  const add = async (order: Omit<NewOrder, 'orderId'>): Promise<Order> => {
    const orderId = randomUUID() as string as OrderId
    await orders.create({ ...order, orderId }, clock.now())
    return reading.get(orderId)
  }

  /** An order over targets of another one: frozen and made in one go, or not at all. */
  const addFrom = async (
    action: OrderAction,
    source: FreezeSource,
    order: Omit<NewOrder, 'orderId' | 'previewId' | 'approvalNeeded'> & {
      origin: StoredOrder['origin']
    },
    approvalOf: (targetCount: number) => string | null,
  ): Promise<Order> => {
    const { origin, ...rest } = order
    const previewId = randomUUID() as string as PreviewId
    const now = clock.now()
    const list = { previewId, action, origin, query: null, createdBy: rest.createdBy }
    await orders.freeze({ ...list, expiresAt: now + LIST_KEPT_MS }, source, now)
    try {
      const { targetCount } = await orders.findPreview(previewId)
      return await add({ ...rest, previewId, approvalNeeded: approvalOf(targetCount) })
    } catch (error) {
      await orders.dropPreview(previewId)
      throw error
    }
  }

  type Deed = 'approve' | 'reject' | 'pause' | 'resume' | 'cancel'
  const change = async (deed: Deed, orderId: OrderId, actor: string, reason: string) => {
    await orders[deed](orderId, { actor, reason, now: clock.now() })
    return reading.get(orderId)
  }

  return {
    ...reading,

    create: async ({ previewId, confirmCount, reason, plan }, actor, writers = []) => {
      const now = clock.now()
      const { expiresAt, ...rollout } = checkedPlan(plan, now)
      const { action, targetCount, summary } = await orders.findPreview(previewId)
      const { byVerdict } = summary
      return add({
        previewId,
        confirmCount,
        reason,
        createdBy: actor,
        writers,
        expiresAt,
        plan: rollout,
        approvalNeeded: approvalNeeded(policy.get(), { action, targetCount, byVerdict }),
        undoes: null,
        retries: null,
      })
    },

    approve: async (orderId, { confirmCount, reason }, actor) => {
      const { createdBy, writers, targetCount, state } = await findOrder(orders, orderId)
      // Whoever asks: it is too late, which the store says.
      if (state !== 'awaiting-approval') return change('approve', orderId, actor, reason)
      // A token is its owner: it has no name of its own here.
      const isActor = (name: string) => name.toLowerCase() === actor.toLowerCase()
      if (isActor(createdBy)) {
        const message = `${actor} created this order: somebody else has to approve it`
        throw new AppError('OWN_ORDER', 409, message)
      }
      if (writers.some(isActor)) {
        const message = `${actor} wrote the rule behind this order: somebody else has to approve it`
        throw new AppError('OWN_ORDER', 409, message)
      }
      confirm(targetCount, confirmCount)
      return change('approve', orderId, actor, reason)
    },
    reject: (orderId, { reason }, actor) => change('reject', orderId, actor, reason),
    pause: (orderId, { reason }, actor) => change('pause', orderId, actor, reason),
    resume: (orderId, { reason }, actor) => change('resume', orderId, actor, reason),
    cancel: async (orderId, { reason = '' }, actor) => {
      const order = await findOrder(orders, orderId)
      // To cancel twice, or what nobody can stop any more, changes nothing.
      if (order.state === 'cancelled') return toOrder(order)
      return change('cancel', orderId, actor, reason)
    },

    retry: async (orderId, { states, confirmCount, reason, plan }, actor) => {
      const tried = await findOrder(orders, orderId)
      const { action, origin, writers } = tried
      if (tried.undoes !== null) {
        const message = 'an undo is not tried again: undo the first order once more'
        throw new AppError('ORDER_NOT_RETRYABLE', 409, message)
      }
      const now = clock.now()
      const { expiresAt, ...rollout } = checkedPlan(plan ?? tried.plan, now)
      const { isApproved, byVerdict } = await orders.approvalBasis(orderId)
      const order = { confirmCount, reason, createdBy: actor, undoes: null, retries: orderId }
      return addFrom(
        action,
        { kind: 'retry', orderId, states },
        { ...order, origin, writers, plan: rollout, expiresAt },
        (targetCount) =>
          isApproved ? null : approvalNeeded(policy.get(), { action, targetCount, byVerdict }),
      )
    },

    undo: async (orderId, { confirmCount, reason }, actor) => {
      const { action, origin, undoes, undoableCount } = await findOrder(orders, orderId)
      if (undoes !== null || action === 'restore') {
        const message = 'an undo cannot be undone: make a new order'
        throw new AppError('ORDER_NOT_UNDOABLE', 409, message)
      }
      confirm(undoableCount, confirmCount)
      const written = action === 'mark' ? writtenBy(origin!) : null
      const source: FreezeSource = { kind: 'undo', orderId, written }
      const order = { confirmCount, reason, createdBy: actor, undoes: orderId, retries: null }
      const expiresAt = clock.now() + EXPIRES_MS
      const more = { origin: null, writers: [], plan: AT_ONCE, expiresAt }
      // It only leads back.
      const approvalOf = () => null
      return addFrom(
        action === 'mark' ? 'strip' : 'restore',
        source,
        { ...order, ...more },
        approvalOf,
      )
    },
  }
}

function confirm(actual: number, believed: number): void {
  if (actual === believed) return
  throw new AppError(
    'COUNT_MISMATCH',
    409,
    `${actual === 0 ? 'nothing' : `${actual} targets`} would be in this order, not ${believed}: look again`,
    { details: { targetCount: actual } },
  )
}

/** The stream that a mark has left. */
function writtenBy(origin: NonNullable<StoredOrder['origin']>) {
  const bytes = zoneIdentifierBytes(origin)
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}

function checkedPlan(plan: OrderPlan | undefined, now: number) {
  const { expiresAt, ...rollout } = plan ?? { ...AT_ONCE, expiresAt: undefined }
  const isRising = rollout.rampPercent.every((percent, n, all) => n === 0 || percent > all[n - 1]!)
  if (!isRising) throw invalid('plan.rampPercent: each step must be larger than the one before')
  const until = expiresAt === undefined ? now + EXPIRES_MS : Date.parse(expiresAt)
  if (!(until > now)) throw invalid('plan.expiresAt: must be later than now')
  // 100 % is what comes after the last step anyway.
  const rampPercent = rollout.rampPercent.filter((percent) => percent < 100)
  return { ...rollout, rampPercent, expiresAt: until }
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', 400, message)
}
