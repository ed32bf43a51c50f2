/**
 * Orders and their targets: the queue of every machine, kept on disk.
 *
 * A target goes `queued` → `sent` → one of the receipt outcomes, or `queued` → `cancelled`; never back.
 * What callers may rely on:
 *
 * - `sent` is committed before {@link OrderStore.takeBatch} returns, so a target that any agent may have seen
 *   is never `queued` or `cancelled`, whatever crashes afterwards.
 * - `sent` targets without a receipt are handed out again under the same target id, for as long as it takes.
 * - A receipt is stored once: the first one, and only from the machine that the target names.
 * - `finishedAt` is set in the transaction that stores the last receipt or cancels the last target.
 */
import type { Database } from 'better-sqlite3'
import type { MachineId, OrderId, TargetId } from '../../protocol/ids.ts'
import type { OrderAction, OrderTarget, Receipt } from '../../protocol/order.ts'
import { cutPage, decodeCursor } from './cursor.ts'
import { fromTargetRow, type TargetRow } from './order-rows.ts'
import { prepareOrderStatements } from './order-statements.ts'
import { toUtf16 } from './utf16.ts'

export interface NewOrder {
  orderId: OrderId
  action: OrderAction
  createdBy: string
  reason: string
  undoes: OrderId | null
  targets: readonly NewOrderTarget[]
}

export interface NewOrderTarget extends OrderTarget {
  machineId: MachineId
  streamId: number
  strippedTargetId: TargetId | null
}

export interface StoredOrder {
  orderId: OrderId
  action: OrderAction
  createdBy: string
  createdAt: number
  finishedAt: number | null
  reason: string
  undoes: OrderId | null
  targetCount: number
  machineCount: number
  counts: Record<string, number>
}

export interface StoredTarget extends NewOrderTarget {
  hostname: string
  state: string
  reason: string
  receiptAt: string | null
}

/** Targets of one order, all of one machine. `lastTargetNo` is where the next batch begins. */
export interface TargetBatch {
  orderId: OrderId
  action: OrderAction
  createdBy: string
  reason: string
  targets: StoredTarget[]
  lastTargetNo: number
}

export interface Page {
  cursor?: string | undefined
  limit: number
}

export interface OrderStore {
  add(order: NewOrder, now: number): void
  find(orderId: OrderId): StoredOrder | undefined
  /** Newest first. */
  page(page: Page): { orders: StoredOrder[]; cursor: string | null }
  /** In the order in which they were approved. */
  targetPage(
    orderId: OrderId,
    filter: { state?: string | undefined },
    page: Page,
  ): { targets: StoredTarget[]; cursor: string | null }
  /** `done` targets of a strip order that no restore has put back or is about to. */
  listUndoable(orderId: OrderId): StoredTarget[]
  /** Machines that have queued or sent targets in this order. */
  listMachines(orderId: OrderId): MachineId[]
  /** The next open targets of a machine after `afterTargetNo`, marked sent; undefined: none. */
  takeBatch(machineId: MachineId, afterTargetNo: number, limit: number): TargetBatch | undefined
  /** Stores what is new among the receipts; says whether anything was, and whether it finished the order. */
  addReceipts(
    machineId: MachineId,
    orderId: OrderId,
    receipts: readonly Receipt[],
    now: number,
  ): { stored: number; isFinished: boolean }
  /** Cancels what is still queued. */
  cancel(orderId: OrderId, now: number): { cancelled: number; isFinished: boolean }
  countOpen(): number
  /** Those of the streams that an order without a receipt for them names. */
  listInOpenOrder(streamIds: readonly number[]): Set<number>
}

export type StoredOrderRow = Omit<StoredOrder, 'counts'> & { orderNo: number }

type OrderStatements = ReturnType<typeof prepareOrderStatements>
type Writes = Pick<OrderStore, 'add' | 'takeBatch' | 'addReceipts' | 'cancel'>

export function createOrderStore(db: Database): OrderStore {
  const statements = prepareOrderStatements(db)
  const withCounts = (order: StoredOrderRow): StoredOrder => {
    const { orderNo, ...rest } = order
    const counts = statements.selectCounts.all(orderNo).map(({ state, count }) => [state, count])
    return { ...rest, counts: Object.fromEntries(counts) as Record<string, number> }
  }

  return {
    ...orderWrites(db, statements),
    find: (orderId) => {
      const row = statements.selectOrder.get(orderId)
      return row === undefined ? undefined : withCounts(row)
    },
    page: ({ cursor, limit }) => {
      const [before] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(cursor, [0])
      const page = cutPage(
        statements.selectPage.all({ before, limit: limit + 1 }),
        limit,
        (row) => [row.orderNo],
      )
      return { orders: page.rows.map(withCounts), cursor: page.cursor }
    },
    targetPage: (orderId, { state }, { cursor, limit }) => {
      const [after] = cursor === undefined ? [0] : decodeCursor(cursor, [0])
      const rows = statements.selectTargets.all({
        orderId,
        state: state ?? null,
        after,
        limit: limit + 1,
      })
      const page = cutPage(rows, limit, (row) => [row.target_no])
      return { targets: page.rows.map(fromTargetRow), cursor: page.cursor }
    },
    listUndoable: (orderId) => statements.selectUndoable.all(orderId).map(fromTargetRow),
    listMachines: (orderId) =>
      statements.selectMachines.all(orderId).map(({ machineId }) => machineId),
    countOpen: () => statements.countOpen.get()!.count,
    listInOpenOrder: (streamIds) =>
      new Set(
        statements.selectInOpenOrder.all(JSON.stringify(streamIds)).map((row) => row.streamId),
      ),
  }
}

/** IMMEDIATE: the write lock is taken at once, so that no write fails half way. */
function orderWrites(db: Database, statements: OrderStatements): Writes {
  const add = db.transaction((order: NewOrder, now: number): void => {
    const { targets, ...head } = order
    const machineCount = new Set(targets.map((target) => target.machineId)).size
    statements.insertOrder.run({ ...head, targetCount: targets.length, machineCount, now })
    for (const { path, stream, ...target } of targets) {
      statements.insertTarget.run({
        ...target,
        orderId: order.orderId,
        path: toUtf16(path),
        stream: toUtf16(stream),
      })
    }
  })

  const takeBatch = db.transaction(
    (machineId: MachineId, afterTargetNo: number, limit: number): TargetBatch | undefined => {
      const head = statements.selectNextOrder.get({ machineId, afterTargetNo })
      if (head === undefined) return undefined
      const rows = statements.selectBatch.all({
        machineId,
        orderNo: head.orderNo,
        afterTargetNo,
        limit,
      })
      for (const row of rows) statements.markSent.run(row.target_no)
      return {
        orderId: head.orderId,
        action: head.action,
        createdBy: head.createdBy,
        reason: head.reason,
        targets: rows.map(fromTargetRow),
        lastTargetNo: (rows.at(-1) as TargetRow).target_no,
      }
    },
  )

  const addReceipts = db.transaction(
    (machineId: MachineId, orderId: OrderId, receipts: readonly Receipt[], now: number) => {
      let stored = 0
      for (const { targetId, outcome, reason, at } of receipts) {
        const receipt = { machineId, orderId, targetId, outcome, at, reason: reason.toWellFormed() }
        stored += statements.storeReceipt.run(receipt).changes
      }
      return { stored, isFinished: stored > 0 && finish(orderId, now) }
    },
  )

  const cancel = db.transaction((orderId: OrderId, now: number) => {
    const cancelled = statements.cancelQueued.run({ orderId }).changes
    return { cancelled, isFinished: cancelled > 0 && finish(orderId, now) }
  })

  const finish = (orderId: OrderId, now: number): boolean =>
    statements.finishOrder.run({ orderId, now }).changes === 1

  return {
    add: (order, now) => add.immediate(order, now),
    takeBatch: (machineId, afterTargetNo, limit) =>
      takeBatch.immediate(machineId, afterTargetNo, limit),
    addReceipts: (machineId, orderId, receipts, now) =>
      addReceipts.immediate(machineId, orderId, receipts, now),
    cancel: (orderId, now) => cancel.immediate(orderId, now),
  }
}
