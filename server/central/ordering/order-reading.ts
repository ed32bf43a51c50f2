/** Orders and their targets as the console sees them. */
import type { Order, OrderPage, OrderTargetPage, TargetState } from '../../protocol/api/orders.ts'
import type { OrderId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { toTimestamp } from '../../shared/clock.ts'
import type { OrderStore, Page, StoredOrder } from '../store/order-store.ts'

export interface OrderReading {
  get(orderId: OrderId): Order
  page(page: Page): OrderPage
  targets(
    orderId: OrderId,
    filter: { state?: TargetState | undefined },
    page: Page,
  ): OrderTargetPage
}

export function createOrderReading(orders: OrderStore): OrderReading {
  const get = (orderId: OrderId): Order => {
    const order = orders.find(orderId)
    if (order !== undefined) return toOrder(order)
    throw new AppError('ORDER_NOT_FOUND', 404, `there is no order ${orderId}`)
  }

  return {
    get,
    page: (page) => {
      const { orders: stored, cursor } = orders.page(page)
      return { orders: stored.map(toOrder), cursor }
    },
    targets: (orderId, filter, page) => {
      get(orderId)
      const { targets, cursor } = orders.targetPage(orderId, filter, page)
      const rows = targets.map(
        ({ targetId, machineId, hostname, path, stream, sizeBytes, state, reason, receiptAt }) => {
          const row = { targetId, machineId, hostname, path, stream, sizeBytes, reason }
          return { ...row, state: state as TargetState, at: receiptAt }
        },
      )
      return { targets: rows, cursor }
    },
  }
}

function toOrder(stored: StoredOrder): Order {
  return {
    ...stored,
    state: stored.finishedAt === null ? 'open' : 'finished',
    createdAt: toTimestamp(stored.createdAt),
    finishedAt: stored.finishedAt === null ? null : toTimestamp(stored.finishedAt),
  }
}
