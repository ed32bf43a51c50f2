/** Which records of the audit log are told outside as they are made. */
import type { NotableKind } from '../../protocol/api/sinks.ts'
import type { AuditLog, RecordedEntry } from '../audit/audit-log.ts'
import type { NotableEvent, NotableHub } from '../events/notable-hub.ts'

/** By action. Orders and what decides on them, because they take marks off; refusals, because they show who tries. */
const TOLD: Readonly<Record<string, NotableKind>> = {
  'order.created': 'order.created',
  'order.approved': 'order.approved',
  'order.rejected': 'order.rejected',
  'order.cancelled': 'order.cancelled',
  'order.undone': 'order.undone',
  'order.finished': 'order.finished',
  'order-policy.changed': 'order-policy.changed',
  'rule.enforced': 'rule.enforced',
  'access.denied': 'access.denied',
  'session.refused': 'access.denied',
}

/** Returns what ends it. */
export function tellAuditedEvents(audit: AuditLog, notable: NotableHub): () => void {
  return audit.subscribe((entry) => {
    const kind = TOLD[entry.action]
    if (kind !== undefined) notable.publish(toNotable(kind, entry))
  })
}

function toNotable(kind: NotableKind, entry: RecordedEntry): NotableEvent {
  const about = { kind, at: entry.at, machineId: null, hostname: null }
  return { ...about, ...(kind === 'order.finished' ? finished(entry) : recorded(entry)) }
}

function recorded({ auditId, actor, action, subject, details }: RecordedEntry) {
  return {
    summary: `${action} by ${actor}: ${subject}`,
    details: { auditId, actor, action, subject, ...details },
  }
}

/** Central ends an order; who hears of it wants to know whose order it was, and what came of it. */
function finished({ auditId, subject, details }: RecordedEntry) {
  const { action, createdBy, targetCount, counts } = details as Partial<OrderEnd>
  return {
    summary: `${action} order of ${createdBy} finished: ${counts?.done ?? 0} of ${targetCount} done`,
    details: { orderId: subject, auditId, ...details },
  }
}

interface OrderEnd {
  action: string
  createdBy: string
  targetCount: number
  counts: Record<string, number>
}
