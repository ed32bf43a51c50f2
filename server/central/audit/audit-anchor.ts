/**
 * Tells the head of the audit chain outside, now and then, where it grew. Whoever changes the log on this machine cannot
 * change what a syslog server elsewhere was told, and `sidestream audit verify --head` compares the two.
 */
import type { Clock } from '../../shared/clock.ts'
import type { NotableHub } from '../events/notable-hub.ts'
import type { AuditLog } from './audit-log.ts'

/** Returns what ends it, which tells the last head. */
export function startAuditAnchor(parts: {
  audit: AuditLog
  notable: NotableHub
  clock: Clock
  everyMs: number
}): () => void {
  const { audit, notable, clock, everyMs } = parts
  let told = ''
  const tell = (): void => {
    const { auditId, hash } = audit.head()
    if (hash === told) return
    told = hash
    notable.publish({
      kind: 'audit.head',
      at: clock.now(),
      machineId: null,
      hostname: null,
      summary: `audit head ${auditId} ${hash}`,
      details: { auditId, hash },
    })
  }
  const timer = setInterval(tell, everyMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    tell()
  }
}
