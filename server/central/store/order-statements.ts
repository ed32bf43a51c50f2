/** The SQL of order-store.ts, prepared at start: a typo or a missed migration fails the start. */
import type { Database } from 'better-sqlite3'
import type { MachineId, OrderId } from '../../protocol/ids.ts'
import type { OrderAction } from '../../protocol/order.ts'
import type { TargetRow } from './order-rows.ts'
import type { StoredOrderRow } from './order-store.ts'

type Named = Record<string, unknown>

const ORDER_COLUMNS = `
  o.order_no AS orderNo, o.order_id AS orderId, o.action, o.created_by AS createdBy,
  o.created_at AS createdAt, o.finished_at AS finishedAt, o.reason, u.order_id AS undoes,
  o.target_count AS targetCount, o.machine_count AS machineCount`

const FROM_ORDER = 'FROM strip_order AS o LEFT JOIN strip_order AS u ON u.order_no = o.undoes_no'

const TARGET_COLUMNS = `
  t.target_no, t.target_id, m.machine_id, m.hostname, t.stream_id, t.stripped_target_id, t.volume_id,
  t.identity, t.path_utf16, t.stream_name_utf16, t.size_bytes, t.sha256, t.state, t.reason, t.receipt_at`

const FROM_TARGET = 'FROM order_target AS t JOIN machine AS m ON m.machine_no = t.machine_no'

const ORDER_NO = '(SELECT order_no FROM strip_order WHERE order_id = @orderId)'
const MACHINE_NO = '(SELECT machine_no FROM machine WHERE machine_id = @machineId)'

export function prepareOrderStatements(db: Database) {
  return { ...prepareWrites(db), ...prepareReads(db) }
}

function prepareWrites(db: Database) {
  return {
    insertOrder: db.prepare<Named>(`
      INSERT INTO strip_order
        (order_id, action, created_by, created_at, reason, undoes_no, target_count, machine_count)
      VALUES (@orderId, @action, @createdBy, @now, @reason,
        (SELECT order_no FROM strip_order WHERE order_id = @undoes), @targetCount, @machineCount)
    `),
    insertTarget: db.prepare<Named>(`
      INSERT INTO order_target
        (target_id, order_no, machine_no, stream_id, stripped_target_id, volume_id, identity, path_utf16,
         stream_name_utf16, size_bytes, sha256)
      VALUES (@targetId, ${ORDER_NO}, ${MACHINE_NO}, @streamId, @strippedTargetId, @volumeId, @identity,
        @path, @stream, @sizeBytes, @sha256)
    `),
    markSent: db.prepare<[number]>(
      "UPDATE order_target SET state = 'sent' WHERE target_no = ? AND state = 'queued'",
    ),
    // Only the named machine, only the order that was asked about, only once, and never for a target that
    // was not sent: what an agent says about anything else changes nothing.
    storeReceipt: db.prepare<Named>(`
      UPDATE order_target SET state = @outcome, reason = @reason, receipt_at = @at
      WHERE target_id = @targetId AND machine_no = ${MACHINE_NO} AND order_no = ${ORDER_NO}
        AND state = 'sent'
    `),
    cancelQueued: db.prepare<Named>(`
      UPDATE order_target SET state = 'cancelled' WHERE order_no = ${ORDER_NO} AND state = 'queued'
    `),
    finishOrder: db.prepare<Named>(`
      UPDATE strip_order SET finished_at = @now
      WHERE order_id = @orderId AND finished_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM order_target AS t
        WHERE t.order_no = strip_order.order_no AND t.state IN ('queued', 'sent'))
    `),
  }
}

function prepareReads(db: Database) {
  return {
    selectOrder: db.prepare<[string], StoredOrderRow>(
      `SELECT ${ORDER_COLUMNS} ${FROM_ORDER} WHERE o.order_id = ?`,
    ),
    selectPage: db.prepare<Named, StoredOrderRow>(`
      SELECT ${ORDER_COLUMNS} ${FROM_ORDER} WHERE o.order_no < @before
      ORDER BY o.order_no DESC LIMIT @limit
    `),
    selectCounts: db.prepare<[number], { state: string; count: number }>(
      'SELECT state, count(*) AS count FROM order_target WHERE order_no = ? GROUP BY state',
    ),
    selectTargets: db.prepare<Named, TargetRow>(`
      SELECT ${TARGET_COLUMNS} ${FROM_TARGET}
      WHERE t.order_no = ${ORDER_NO} AND t.target_no > @after
        AND (@state IS NULL OR t.state = @state)
      ORDER BY t.target_no LIMIT @limit
    `),
    selectUndoable: db.prepare<[string], TargetRow>(`
      SELECT ${TARGET_COLUMNS} ${FROM_TARGET} JOIN strip_order AS o USING (order_no)
      WHERE o.order_id = ? AND o.action = 'strip' AND t.state = 'done' AND NOT EXISTS (
        SELECT 1 FROM order_target AS r
        WHERE r.stripped_target_id = t.target_id AND r.state IN ('queued', 'sent', 'done'))
      ORDER BY t.target_no
    `),
    selectMachines: db.prepare<[string], { machineId: MachineId }>(`
      SELECT DISTINCT m.machine_id AS machineId ${FROM_TARGET} JOIN strip_order AS o USING (order_no)
      WHERE o.order_id = ? AND t.state IN ('queued', 'sent')
    `),
    selectNextOrder: db.prepare<
      Named,
      { orderNo: number; orderId: OrderId; action: OrderAction; createdBy: string; reason: string }
    >(`
      SELECT o.order_no AS orderNo, o.order_id AS orderId, o.action, o.created_by AS createdBy, o.reason
      FROM order_target AS t JOIN strip_order AS o USING (order_no)
      WHERE t.machine_no = ${MACHINE_NO} AND t.state IN ('queued', 'sent')
        AND t.target_no > @afterTargetNo
      ORDER BY t.target_no LIMIT 1
    `),
    selectBatch: db.prepare<Named, TargetRow>(`
      SELECT ${TARGET_COLUMNS} ${FROM_TARGET}
      WHERE t.machine_no = ${MACHINE_NO} AND t.state IN ('queued', 'sent')
        AND t.target_no > @afterTargetNo AND t.order_no = @orderNo
      ORDER BY t.target_no LIMIT @limit
    `),
    selectInOpenOrder: db.prepare<[string], { streamId: number }>(`
      SELECT DISTINCT stream_id AS streamId FROM order_target
      WHERE stream_id IN (SELECT value FROM json_each(?)) AND state IN ('queued', 'sent')
    `),
    countOpen: db.prepare<[], { count: number }>(
      'SELECT count(*) AS count FROM strip_order WHERE finished_at IS NULL',
    ),
  }
}
