/** What is kept of small streams that orders took away: how much, for how long, and to read one, which is on record. */
import type {
  KeptContent,
  KeptContentPolicy,
  TargetContent,
} from '../../protocol/api/kept-content.ts'
import type { OrderId, TargetId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { OrderStore } from '../store/order-store.ts'

export interface KeptContentService {
  get(): Promise<KeptContent>
  setPolicy(policy: KeptContentPolicy, actor: string): Promise<KeptContent>
  /** Throws CONTENT_NOT_KEPT. */
  content(orderId: OrderId, targetId: TargetId, actor: string): Promise<TargetContent>
}

export function createKeptContentService(parts: {
  stores: { orders: OrderStore }
  audit: AuditLog
  clock: Clock
}): KeptContentService {
  const { audit, clock } = parts
  const { orders } = parts.stores
  return {
    get: () => orders.keptContent(),
    setPolicy: (policy, actor) => orders.setKeptContentPolicy(policy, { actor, now: clock.now() }),
    content: async (orderId, targetId, actor) => {
      const found = await orders.targetContent(orderId, targetId)
      if (found === null) {
        const message = `nothing is kept of target ${targetId} of order ${orderId}: it is no small stream that was taken away, or too long ago`
        throw new AppError('CONTENT_NOT_KEPT', 404, message)
      }
      const { target, contentBase64 } = found
      const { machineId, path, stream, sizeBytes, sha256 } = target
      audit.record(actor, 'content.read', targetId, { orderId, machineId, path, stream })
      return { sizeBytes, sha256: sha256!, contentBase64 }
    },
  }
}
