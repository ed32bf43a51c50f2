/** The services around orders, put together, and what brings orders to machines. */
import type { MachineId } from '../../protocol/ids.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import type { Stores } from '../store/stores.ts'
import { createDispatcher } from './dispatcher.ts'
import { createKeptContentService, type KeptContentService } from './kept-content-service.ts'
import { createOrderPolicyService, type OrderPolicyService } from './order-policy.ts'
import { startOrderRelay } from './order-relay.ts'
import { createOrderService, type OrderService } from './order-service.ts'
import { createPreviewService, type PreviewService } from './preview-service.ts'

export interface OrderingParts {
  stores: Pick<Stores, 'orders' | 'orderPolicy' | 'inventory' | 'write'>
  link: AgentLink
  audit: AuditLog
  events: EventHub
  clock: Clock
  logger: Logger
  /** How long an agent may take for one request with orders. */
  timeoutMs: number
  /** Pause before targets without a receipt are sent again. */
  retryMs: number
}

export interface Ordering {
  orders: OrderService
  previews: PreviewService
  orderPolicy: OrderPolicyService
  keptContent: KeptContentService
  /** Called when a machine has connected. */
  dispatchMachine(machineId: MachineId): void
  /** No order goes out any more; resolves when what is under way is over. */
  stop(): Promise<void>
}

export function startOrdering(parts: OrderingParts): Ordering {
  const { stores, audit } = parts
  const dispatcher = createDispatcher(parts)
  const relay = startOrderRelay({ ...parts, dispatcher })
  const orderPolicy = createOrderPolicyService({ ...stores, audit })
  const ordering = { ...parts, policy: orderPolicy }
  return {
    orders: createOrderService(ordering),
    previews: createPreviewService(ordering),
    orderPolicy,
    keptContent: createKeptContentService(parts),
    dispatchMachine: dispatcher.dispatchMachine,
    stop: async () => {
      relay.stop()
      await dispatcher.stop()
    },
  }
}
