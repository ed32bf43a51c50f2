/** The queue of every machine: what goes out next, and the receipts that come back. */
import type { Database } from 'better-sqlite3'
import type { MachineId, OrderId } from '../../../protocol/ids.ts'
import type { OrderAction, Receipt } from '../../../protocol/order.ts'
import { columnOf, countsOf, createCounter } from './counts.ts'
import type { KeptContents } from './kept-content.ts'
import { failuresOf, type OrderReader, receiptsOf, stepStateOf } from './order-rows.ts'
import type { Place, TargetBatch } from './order-types.ts'
import { createReceiptsDigest } from './receipts-digest.ts'
import { allowedMachines, decideStep, isCanary } from './rollout.ts'
import { targetNoOf } from './target-ids.ts'
import { fromTargetRow, TARGET_COLUMNS, TARGET_JOINS, type TargetRow } from './target-rows.ts'
import type { Tells } from './tells.ts'

const CENTRAL = 'central'

interface QueueRow {
  orderNo: number
  machineNo: number
  firstNo: number
  lastNo: number
  nextNo: number
  isReleased: number
  queued: number
  sent: number
}

interface HeadRow {
  orderId: OrderId
  action: OrderAction
  origin: string | null
  createdBy: string
  reason: string
  isOver: number
}

export function createQueue(db: Database, orders: OrderReader, kept: KeptContents, tells: Tells) {
  const sql = prepare(db)
  const count = createCounter(db)
  const digestOfReceipts = createReceiptsDigest(db)

  /** Whether targets that were never sent may go to this machine; it may be this very moment. */
  const release = (row: QueueRow): boolean => {
    const order = orders.rowByNo(row.orderNo)
    if (order.state !== 'canary' && order.state !== 'running') return false
    if (row.isReleased === 1) return true
    if (order.releasedMachines >= allowedMachines(stepStateOf(order))) return false
    sql.release.run(row.orderNo, row.machineNo)
    sql.countReleased.run(row.orderNo)
    return true
  }

  const batchOf = (row: QueueRow, afterNo: number, limit: number): TargetBatch | undefined => {
    const again = row.sent === 0 ? [] : sql.selectSent.all(afterNo, row.nextNo, row.firstNo, limit)
    const room = limit - again.length
    const fresh = room > 0 && row.queued > 0 && row.lastNo > afterNo && release(row)
    const next = fresh ? sql.selectFrom.all(row.nextNo, row.lastNo, room) : []
    if (next.length > 0) {
      sql.advance.run(next.at(-1)!.targetNo + 1, row.orderNo, row.machineNo)
      count(row.orderNo, row.machineNo, { queued: -next.length, sent: next.length })
    }
    const rows = [...again, ...next]
    if (rows.length === 0) return undefined
    const { origin, isOver, ...head } = sql.selectHead.get(row.orderNo)!
    return {
      ...head,
      isOver: isOver === 1,
      origin: origin === null ? null : JSON.parse(origin),
      targets: rows.map(fromTargetRow),
      last: { orderNo: row.orderNo, targetNo: rows.at(-1)!.targetNo },
      returnUpToBytes: kept.maxStreamBytes(),
    }
  }

  /** After receipts, when the rest was taken back, and when every online machine was asked. */
  const settle = (orderNo: number, now: number): void => {
    const order = orders.rowByNo(orderNo)
    const { orderId } = order
    tells.changed(orderId)
    if (order.finishedAt === null && order.queued + order.sent === 0) {
      sql.finish.run(now, orderNo)
      const { action, createdBy, reason, targetCount, machineCount } = order
      const details = { action, createdBy, reason, targetCount, machineCount }
      const counts = countsOf(order, order.restState)
      const receiptsDigest = digestOfReceipts(order.previewNo)
      tells.audit(now, CENTRAL, 'order.finished', orderId, { ...details, counts, receiptsDigest })
      return
    }
    if (order.state !== 'canary' && order.state !== 'running') return
    const state = stepStateOf(order)
    const decision = decideStep(state)
    if (decision === 'next') {
      const step = order.step + 1
      sql.nextStep.run(isCanary({ ...state, step }) ? 'canary' : 'running', step, orderNo)
      tells.wake(orderId)
    }
    if (decision === 'stop') {
      const percent = ((state.failures / state.receipts) * 100).toFixed(1)
      const reason = `${percent} % of ${state.receipts} receipts are failed, denied or refused; ${state.stopAtFailedPercent} % were allowed`
      sql.pause.run(CENTRAL, now, reason, orderNo)
      tells.audit(now, CENTRAL, 'order.paused', orderId, { reason })
    }
  }

  const keep = (targetNo: number, contentBase64: string, now: number): void => {
    const sha256 = sql.selectHash.get(targetNo)?.sha256 ?? null
    if (sha256 !== null) kept.keep({ contentBase64, sha256 }, now)
  }

  return {
    settle,

    takeBatch: (machineId: MachineId, after: Place, limit: number): TargetBatch | undefined => {
      for (const row of sql.selectOpen.all({ machineId, orderNo: after.orderNo })) {
        const afterNo = row.orderNo === after.orderNo ? after.targetNo : 0
        const batch = batchOf(row, afterNo, limit)
        if (batch === undefined) continue
        tells.changed(batch.orderId)
        return batch
      }
      return undefined
    },

    /** Stores what is new among them; only from the machine that a target names, and only for what was sent. */
    addReceipts: (
      machineId: MachineId,
      orderId: OrderId,
      receipts: readonly Receipt[],
      now: number,
    ): number => {
      const row = sql.selectQueue.get({ machineId, orderId })
      if (row === undefined) return 0
      const deltas: Parameters<typeof count>[2] = {}
      let stored = 0
      for (const { targetId, outcome, reason, at, contentBase64 } of receipts) {
        const no = targetNoOf(row.targetKey, targetId) ?? sql.selectNo.get(targetId)?.targetNo
        if (no === undefined || no < row.firstNo || no >= row.nextNo) continue
        const { changes } = sql.insertReceipt.run(
          no,
          row.orderNo,
          outcome,
          reason.toWellFormed(),
          at,
        )
        if (changes === 0) continue
        if (contentBase64 !== undefined && outcome === 'done') keep(no, contentBase64, now)
        const column = columnOf(outcome)
        deltas[column] = (deltas[column] ?? 0) + 1
        stored += 1
      }
      if (stored === 0) return 0
      count(row.orderNo, row.machineNo, { ...deltas, sent: -stored })
      if (row.queued === 0 && row.sent === stored) sql.countFinished.run(row.orderNo)
      settle(row.orderNo, now)
      return stored
    },

    /** Every machine that is online has been asked since `step` began. */
    offered: (orderId: OrderId, step: number, now: number): void => {
      const { orderNo } = orders.row(orderId)
      if (sql.offer.run(orderNo, step).changes > 0) settle(orderNo, now)
    },

    /** So far failed and in all, for a resume that accepts them. */
    outcomes: (orderNo: number): { failures: number; receipts: number } => {
      const row = orders.rowByNo(orderNo)
      return { failures: failuresOf(row), receipts: receiptsOf(row) }
    },
  }
}

export type Queue = ReturnType<typeof createQueue>

const QUEUE_COLUMNS = `
  m.order_no AS orderNo, m.machine_no AS machineNo, m.first_no AS firstNo, m.last_no AS lastNo, m.next_no AS nextNo,
  m.is_released AS isReleased, m.queued, m.sent`

const MACHINE_NO = '(SELECT machine_no FROM inventory.machine WHERE machine_id = @machineId)'

function prepare(db: Database) {
  return {
    // Of a paused order nothing goes out, not even again; of one that was cancelled or has expired, what was sent does, for its receipts.
    selectOpen: db.prepare<object, QueueRow>(`
      SELECT ${QUEUE_COLUMNS} FROM order_machine AS m JOIN strip_order AS o USING (order_no)
      WHERE m.machine_no = ${MACHINE_NO} AND m.is_open = 1 AND m.order_no >= @orderNo
        AND o.state NOT IN ('awaiting-approval', 'paused')
      ORDER BY m.order_no
    `),
    selectSent: db.prepare<[number, number, number, number], TargetRow>(`
      SELECT ${TARGET_COLUMNS} FROM main.target AS t ${TARGET_JOINS}
      WHERE t.target_no > ? AND t.target_no < ? AND t.target_no >= ?
        AND NOT EXISTS (SELECT 1 FROM receipt AS r WHERE r.target_no = t.target_no)
      ORDER BY t.target_no LIMIT ?
    `),
    selectFrom: db.prepare<[number, number, number], TargetRow>(`
      SELECT ${TARGET_COLUMNS} FROM main.target AS t ${TARGET_JOINS}
      WHERE t.target_no BETWEEN ? AND ? ORDER BY t.target_no LIMIT ?
    `),
    selectHead: db.prepare<[number], HeadRow>(`
      SELECT o.order_id AS orderId, o.action, p.origin_json AS origin, o.created_by AS createdBy, o.reason,
        o.state IN ('cancelled', 'expired') AS isOver
      FROM strip_order AS o JOIN preview AS p USING (preview_no) WHERE o.order_no = ?
    `),
    selectQueue: db.prepare<object, QueueRow & { targetKey: string }>(`
      SELECT ${QUEUE_COLUMNS}, p.target_key AS targetKey
      FROM strip_order AS o JOIN preview AS p USING (preview_no)
      JOIN order_machine AS m ON m.order_no = o.order_no AND m.machine_no = ${MACHINE_NO}
      WHERE o.order_id = @orderId
    `),
    selectNo: db.prepare<[string], { targetNo: number }>(
      'SELECT target_no AS targetNo FROM main.target WHERE target_id = ?',
    ),
    selectHash: db.prepare<[number], { sha256: Buffer | null }>(
      'SELECT sha256 FROM main.target WHERE target_no = ?',
    ),
    insertReceipt: db.prepare<[number, number, string, string, string]>(
      'INSERT INTO receipt VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    advance: db.prepare<[number, number, number]>(
      'UPDATE order_machine SET next_no = ? WHERE order_no = ? AND machine_no = ?',
    ),
    release: db.prepare<[number, number]>(
      'UPDATE order_machine SET is_released = 1 WHERE order_no = ? AND machine_no = ?',
    ),
    countReleased: db.prepare<[number]>(
      'UPDATE strip_order SET released_machines = released_machines + 1 WHERE order_no = ?',
    ),
    countFinished: db.prepare<[number]>(
      'UPDATE strip_order SET finished_machines = finished_machines + 1 WHERE order_no = ?',
    ),
    offer: db.prepare<[number, number]>(
      'UPDATE strip_order SET is_offered = 1 WHERE order_no = ? AND step = ? AND is_offered = 0',
    ),
    nextStep: db.prepare<[string, number, number]>(
      'UPDATE strip_order SET state = ?, step = ?, is_offered = 0 WHERE order_no = ?',
    ),
    finish: db.prepare<[number, number]>(`
      UPDATE strip_order SET finished_at = ?,
        state = CASE WHEN state IN ('canary', 'running', 'paused') THEN 'finished' ELSE state END
      WHERE order_no = ?
    `),
    pause: db.prepare<[string, number, string, number]>(`
      UPDATE strip_order SET state = 'paused', paused_by = ?, paused_at = ?, paused_reason = ? WHERE order_no = ?
    `),
  }
}
