/** Which events may be told to an account with a scope. */
import type { ConsoleEvent } from '../../protocol/api/events.ts'
import { isInScope, type Scope } from '../accounts/scope-service.ts'
import type { LiveService } from '../live/live-service.ts'
import type { OrderService } from '../ordering/order-service.ts'
import type { PreviewService } from '../ordering/preview-service.ts'

export interface EventScopeParts {
  orders: Pick<OrderService, 'isVisible'>
  previews: Pick<PreviewService, 'isVisible'>
  live: Pick<LiveService, 'isVisible'>
}

type Visible = boolean | Promise<boolean>
type Of<Type extends ConsoleEvent['type']> = Extract<ConsoleEvent, { type: Type }>
type Decisions = {
  [Type in ConsoleEvent['type']]: (event: Of<Type>, scope: Scope, parts: EventScopeParts) => Visible
}

/** One for each type of event; one without is told to nobody who has a scope. */
export const EVENT_DECISIONS: Decisions = {
  'machine.changed': ({ machineId }, scope) => isInScope(scope, machineId),
  'machine.scanning': ({ machineId }, scope) => isInScope(scope, machineId),
  'inventory.changed': ({ machineId }, scope) => isInScope(scope, machineId),
  'order.changed': ({ orderId }, scope, { orders }) => orders.isVisible(orderId, scope),
  'preview.changed': ({ previewId }, scope, { previews }) => previews.isVisible(previewId, scope),
  'live.changed': ({ questionId }, scope, { live }) => live.isVisible(questionId, scope),
  // A rule is of the whole fleet.
  'rule.changed': () => false,
}

export function isEventVisible(event: ConsoleEvent, scope: Scope, parts: EventScopeParts): Visible {
  if (scope === null) return true
  const decide = EVENT_DECISIONS[event.type] as
    | ((event: ConsoleEvent, scope: Scope, parts: EventScopeParts) => Visible)
    | undefined
  return decide?.(event, scope, parts) ?? false
}
