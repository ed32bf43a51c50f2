/**
 * What the store of orders tells: to the audit log, to consoles, to the dispatcher; and the clock that makes orders
 * expire.
 *
 * The audit log is in another database. The store keeps each audit event with the deed until it is acknowledged; the
 * log takes an event over in one transaction with its number. So a crash between the two leaves an event that the next start
 * hands over again, and none is taken twice.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { AuditAction, AuditLog } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { OrdersNotice, PendingAudit } from '../store/order-store.ts'
import type { Stores } from '../store/stores.ts'
import type { Dispatcher } from './dispatcher.ts'

export interface OrderRelay {
  stop(): void
}

/** How soon after its time an order expires. */
const TICK_MS = 1_000

export function startOrderRelay(parts: {
  stores: Pick<Stores, 'orders' | 'orderPolicy' | 'write'>
  audit: AuditLog
  events: EventHub
  dispatcher: Dispatcher
  clock: Clock
  logger: Logger
}): OrderRelay {
  const { stores, audit, events, dispatcher, clock, logger } = parts
  const { orders, orderPolicy } = stores
  let isStopped = false
  const failed = (error: unknown): void => {
    if (!isStopped) logger.warn({ err: error }, 'the store of orders did not answer')
  }

  const takeOver = (audits: readonly PendingAudit[]): void => {
    const last = audits.at(-1)
    if (last === undefined) return
    stores.write(() => {
      const known = orderPolicy.lastEventNo()
      for (const { eventNo, action, ...entry } of audits) {
        // Its database has the word as text; the store writes none that the log has not.
        if (eventNo > known) audit.takeOver({ ...entry, action: action as AuditAction })
      }
      orderPolicy.setLastEventNo(Math.max(known, last.eventNo))
    })
    orders.acknowledge(last.eventNo).catch(failed)
  }

  orders.listen(({ audits, changed, previews, wake }: OrdersNotice) => {
    takeOver(audits)
    for (const orderId of changed) events.publish({ type: 'order.changed', orderId })
    for (const previewId of previews) events.publish({ type: 'preview.changed', previewId })
    for (const orderId of wake) dispatcher.dispatchOrder(orderId)
  })

  let isTicking = false
  const tick = async (): Promise<void> => {
    isTicking = true
    try {
      while (!isStopped && (await orders.tick(clock.now())));
    } catch (error) {
      failed(error)
    } finally {
      isTicking = false
    }
  }
  const timer = setInterval(() => {
    if (!isTicking) void tick()
  }, TICK_MS)
  timer.unref()
  return {
    stop: () => {
      isStopped = true
      clearInterval(timer)
    },
  }
}
