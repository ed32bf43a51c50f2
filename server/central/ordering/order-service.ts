/**
 * Orders: the only way to a deletion. An order names streams, frozen when it was approved; what the person
 * believed the count to be must be the count.
 */
import { randomUUID } from 'node:crypto'
import type {
  Order,
  OrderPreview,
  OrderPreviewRequest,
  OrderRequest,
  UndoRequest,
} from '../../protocol/api/orders.ts'
import type { OrderId, TargetId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import type { StoredStream } from '../store/inventory/inventory-engine.ts'
import type { NewOrder, NewOrderTarget } from '../store/order-store.ts'
import type { Stores } from '../store/stores.ts'
import type { Dispatcher } from './dispatcher.ts'
import { createOrderReading, type OrderReading } from './order-reading.ts'
import { previewOf, selectTargets } from './target-selection.ts'

export interface OrderService extends OrderReading {
  preview(request: OrderPreviewRequest): Promise<OrderPreview>
  create(request: OrderRequest, actor: string): Promise<Order>
  undo(orderId: OrderId, request: UndoRequest, actor: string): Order
  cancel(orderId: OrderId, actor: string): Order
}

export interface OrderServiceParts {
  stores: Stores
  link: AgentLink
  dispatcher: Dispatcher
  audit: AuditLog
  events: EventHub
  clock: Clock
}

export function createOrderService(parts: OrderServiceParts): OrderService {
  const { stores, link, dispatcher, audit, events, clock } = parts
  const { orders } = stores

  const reading = createOrderReading(orders)
  const { get } = reading

  const select = (streamIds: readonly number[], found: readonly StoredStream[]) =>
    selectTargets(streamIds, found, orders.listInOpenOrder(streamIds))

  /** Inside the transaction that chose the targets. */
  const add = (order: Omit<NewOrder, 'orderId'>): OrderId => {
    const orderId = randomUUID() as string as OrderId
    orders.add({ ...order, orderId }, clock.now())
    const { action, undoes, reason } = order
    const details = { action, undoes, reason, targetCount: order.targets.length }
    audit.record(order.createdBy, 'order.created', orderId, details)
    return orderId
  }
  const announce = (orderId: OrderId): Order => {
    events.publish({ type: 'order.changed', orderId })
    dispatcher.dispatchOrder(orderId)
    return get(orderId)
  }

  return {
    preview: async ({ streamIds }) => {
      const found = await stores.inventory.listByIds(streamIds)
      return previewOf(select(streamIds, found), (id) => link.isOnline(id))
    },

    create: async (request, actor) => {
      const { streamIds, action, reason } = request
      const found = await stores.inventory.listByIds(streamIds)
      const orderId = stores.write(() => {
        // Which orders are open is asked inside: another one may have come while the streams were read.
        const { included } = select(streamIds, found)
        confirm(included.length, request.confirmCount)
        const targets = included.map(toTarget)
        return add({ action, reason, createdBy: actor, undoes: null, targets })
      })
      return announce(orderId)
    },

    undo: (undoes, request, actor) => {
      const orderId = stores.write(() => {
        if (get(undoes).action !== 'strip') {
          throw new AppError('ORDER_NOT_UNDOABLE', 409, 'only a strip order can be undone')
        }
        const targets = orders.listUndoable(undoes).map((target) => ({
          ...target,
          strippedTargetId: target.targetId,
          targetId: newTargetId(),
        }))
        confirm(targets.length, request.confirmCount)
        const { reason } = request
        return add({ action: 'restore', reason, createdBy: actor, undoes, targets })
      })
      return announce(orderId)
    },

    cancel: (orderId, actor) => {
      get(orderId)
      stores.write(() => {
        const { cancelled, isFinished } = orders.cancel(orderId, clock.now())
        if (cancelled > 0) audit.record(actor, 'order.cancelled', orderId, { cancelled })
        if (isFinished) audit.record(actor, 'order.finished', orderId)
      })
      events.publish({ type: 'order.changed', orderId })
      return get(orderId)
    },

    ...reading,
  }
}

function confirm(actual: number, believed: number): void {
  if (actual === believed) return
  throw new AppError(
    'COUNT_MISMATCH',
    409,
    `${actual} streams would be in this order, not ${believed}: look at the preview again`,
    { details: { targetCount: actual } },
  )
}

function newTargetId(): TargetId {
  return randomUUID() as string as TargetId
}

function toTarget(stream: ReturnType<typeof selectTargets>['included'][number]): NewOrderTarget {
  const { machineId, streamId, volumeId, identity, path, stream: name, sizeBytes, sha256 } = stream
  const target = { machineId, streamId, volumeId, identity, path, sizeBytes, sha256 }
  return { ...target, stream: name, targetId: newTargetId(), strippedTargetId: null }
}
