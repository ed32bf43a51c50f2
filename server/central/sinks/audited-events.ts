/** Which records of the audit log are told outside as they are made. */
import type { NotableKind } from '../../protocol/api/sinks.ts'
import type { AuditLog, RecordedEntry } from '../audit/audit-log.ts'
import type { NotableEvent, NotableHub } from '../events/notable-hub.ts'

/** By action. Orders, because they take marks off; refusals, because they show who tries. */
const TOLD: Readonly<Record<string, NotableKind>> = {
  'order.created': 'order.created',
  'order.approved': 'order.approved',
  'order.rejected': 'order.rejected',
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
  const { auditId, at, actor, action, subject, details } = entry
  return {
    kind,
    at,
    machineId: null,
    hostname: null,
    summary: `${action} by ${actor}: ${subject}`,
    details: { auditId, actor, action, subject, ...details },
  }
}
