/** Orders, their machines and their targets as the console sees them. */
import type {
  OrderMachinePage,
  OrderTargetPage,
  TargetState,
} from '../../protocol/api/order-targets.ts'
import type { Order, OrderPage } from '../../protocol/api/orders.ts'
import type { OrderId } from '../../protocol/ids.ts'
import { QUARANTINE_DAYS } from '../../protocol/policy.ts'
import { AppError } from '../../shared/app-error.ts'
import { toTimestamp } from '../../shared/clock.ts'
import type { Scope } from '../accounts/scope-service.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import type { OrderStore, Page, StoredOrder } from '../store/order-store.ts'
import { stepCount, stepName } from '../store/orders/rollout.ts'

export interface OrderReading {
  get(orderId: OrderId): Promise<Order>
  page(page: Page, scope: Scope): Promise<OrderPage>
  /** Whether all its targets lie within the scope. */
  isVisible(orderId: OrderId, scope: Scope): Promise<boolean>
  /** Throws ORDER_NOT_FOUND for one of which some lie beyond it. */
  requireVisible(orderId: OrderId, scope: Scope): Promise<void>
  targets(
    orderId: OrderId,
    filter: { state?: TargetState | undefined },
    page: Page,
  ): Promise<OrderTargetPage>
  machines(orderId: OrderId, page: Page): Promise<OrderMachinePage>
}

export function createOrderReading(orders: OrderStore, link: AgentLink): OrderReading {
  const isVisible = async (orderId: OrderId, scope: Scope): Promise<boolean> =>
    scope === null || (await orders.isOrderWithin(orderId, scope.machineNos))
  return {
    isVisible,
    requireVisible: async (orderId, scope) => {
      if (!(await isVisible(orderId, scope))) throw noOrder(orderId)
    },
    get: async (orderId) => toOrder(await findOrder(orders, orderId)),
    page: async (page, scope) => {
      const { orders: stored, cursor } = await orders.orderPage(page, scope?.machineNos ?? null)
      return { orders: stored.map(toOrder), cursor }
    },
    targets: async (orderId, { state }, page) => {
      const { targets, cursor } = await orders.targetPage(orderId, state, page)
      const rows = targets.map(
        ({ targetId, machineId, hostname, path, stream, sizeBytes, state, reason, receiptAt }) => {
          const row = { targetId, machineId, hostname, path, stream, sizeBytes, reason }
          return { ...row, state, at: receiptAt }
        },
      )
      return { targets: rows, cursor }
    },
    machines: async (orderId, page) => {
      const { machines, cursor } = await orders.machinePage(orderId, page)
      const rows = machines.map((row) => ({ ...row, isOnline: link.isOnline(row.machineId) }))
      return { machines: rows, cursor }
    },
  }
}

/** Throws ORDER_NOT_FOUND. */
export async function findOrder(orders: OrderStore, orderId: OrderId): Promise<StoredOrder> {
  const order = await orders.find(orderId)
  if (order !== undefined) return order
  throw noOrder(orderId)
}

function noOrder(orderId: OrderId): AppError {
  return new AppError('ORDER_NOT_FOUND', 404, `there is no order ${orderId}`)
}

const DAY_MS = 86_400_000

const orNull = (ms: number | null) => (ms === null ? null : toTimestamp(ms))

export function toOrder(stored: StoredOrder): Order {
  const { counts, plan, step, machineCount, undoableCount, action } = stored
  const rollout = { ...plan, step, machineCount }
  const { orderId, state, createdBy, writers, reason, query, origin, digest, undoes, retries } =
    stored
  return {
    ...{
      orderId,
      action,
      state,
      createdBy,
      writers: [...writers],
      reason,
      query,
      origin,
      digest,
      undoes,
      retries,
    },
    createdAt: toTimestamp(stored.createdAt),
    finishedAt: orNull(stored.finishedAt),
    expiresAt: toTimestamp(stored.expiresAt),
    targetCount: stored.targetCount,
    machineCount,
    counts,
    plan,
    approval: {
      neededBecause: stored.approvalNeeded,
      by: stored.decidedBy,
      at: orNull(stored.decidedAt),
      reason: stored.decisionReason,
    },
    progress: {
      step,
      stepCount: stepCount(rollout),
      stepName: stepName(rollout),
      releasedMachines: stored.releasedMachines,
      finishedMachines: stored.finishedMachines,
      failedPercent: failedPercent(counts),
    },
    paused:
      stored.pausedBy === null || state !== 'paused'
        ? null
        : { by: stored.pausedBy, at: toTimestamp(stored.pausedAt!), reason: stored.pausedReason },
    undoableCount,
    retryableCount: stored.retryableCount,
    undoUntil: undoableCount > 0 && action !== 'mark' ? undoUntil(stored) : null,
  }
}

/** The last of it was taken at the end: whichever keeps it longer, by age alone. */
function undoUntil({ finishedAt, contentKeptDays }: StoredOrder): string | null {
  if (finishedAt === null) return null
  return toTimestamp(finishedAt + Math.max(QUARANTINE_DAYS, contentKeptDays) * DAY_MS)
}

function failedPercent(counts: Record<string, number>): number {
  const of = (...states: string[]) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
  const failed = of('failed', 'denied', 'refused')
  const receipts = failed + of('done', 'gone', 'changed', 'in-use')
  return receipts === 0 ? 0 : Math.round((failed / receipts) * 1_000) / 10
}
