/** Everything the orders' worker does when asked, by name. What each promises is in ../order-store.ts. */
import type { Database } from 'better-sqlite3'
import type { OrderId, PreviewId } from '../../../protocol/ids.ts'
import { createChanges, type Deed } from './changes.ts'
import { createFreezer, type Freezer } from './freezer.ts'
import { createKeptContent, type KeptContents } from './kept-content.ts'
import { createOrderReader } from './order-rows.ts'
import type { ApprovalBasis, StoredOrder, StoredPreview } from './order-types.ts'
import { createPreviews } from './previews.ts'
import { createQueue } from './queue.ts'
import { createReads } from './reads.ts'
import { createTells, type Tells } from './tells.ts'

export function createOrderMethods(db: Database) {
  const tells = createTells(db)
  const orders = createOrderReader(db)
  const previews = createPreviews(db, tells)
  const kept = createKeptContent(db, tells)
  const queue = createQueue(db, orders, kept, tells)
  const changes = createChanges(db, orders, previews, queue, tells)
  const freezer = createFreezer(db, orders, previews, tells)
  const methods = {
    ...createReads(db, orders, previews, kept),
    findPreview: (previewId: PreviewId): StoredPreview => previews.find(previewId),
    dropPreview: (previewId: PreviewId): void => {
      freezer.cancel(previewId)
      previews.expire(previewId)
    },
    find: (orderId: OrderId): StoredOrder | undefined => orders.find(orderId),
    approvalBasis: (orderId: OrderId): ApprovalBasis => orders.approvalBasis(orderId),
    create: changes.create,
    approve: (orderId: OrderId, deed: Deed) => changes.approve(orderId, deed),
    reject: (orderId: OrderId, deed: Deed) => changes.reject(orderId, deed),
    pause: (orderId: OrderId, deed: Deed) => changes.pause(orderId, deed),
    resume: (orderId: OrderId, deed: Deed) => changes.resume(orderId, deed),
    cancel: (orderId: OrderId, deed: Deed) => changes.cancel(orderId, deed),
    takeBatch: queue.takeBatch,
    addReceipts: queue.addReceipts,
    offered: queue.offered,
    /** What the clock does. True: there is more to forget. */
    tick: (now: number): boolean => {
      changes.expire(now)
      const isMore = kept.forgetSome(now)
      return previews.forgetSome(now) || isMore
    },
    keptContent: kept.state,
    setKeptContentPolicy: kept.setPolicy,
    acknowledge: (eventNo: number): void => tells.acknowledge(eventNo),
    /** Writes, and changes nothing. */
    probe: (): void => previews.flush(),
  }
  previews.failUnfinished()
  return { methods, freezer, tells, kept, countOpen: changes.countOpen }
}

export type OrderMethods = ReturnType<typeof createOrderMethods>['methods']
export type OrderParts = {
  methods: OrderMethods
  freezer: Freezer
  tells: Tells
  kept: KeptContents
  countOpen(): number
}
