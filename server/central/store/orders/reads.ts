/** Pages of what was frozen and of what became of it. */
import type { Database } from 'better-sqlite3'
import type { TargetState } from '../../../protocol/api/order-targets.ts'
import type { MachineId, OrderId, PreviewId, TargetId } from '../../../protocol/ids.ts'
import { cutPage, decodeCursor } from '../cursor.ts'
import { COUNT_COLUMNS, type CountRow, countsOf } from './counts.ts'
import type { KeptContents } from './kept-content.ts'
import type { OrderReader } from './order-rows.ts'
import type {
  Page,
  StoredCopy,
  StoredOrder,
  StoredOrderMachine,
  StoredTarget,
  TargetOutcome,
} from './order-types.ts'
import type { Previews } from './previews.ts'
import { targetNoOf } from './target-ids.ts'
import { fromTargetRow, TARGET_COLUMNS, TARGET_JOINS, type TargetRow } from './target-rows.ts'

interface OutcomeRow extends TargetRow {
  state: TargetState
  reason: string
  receiptAt: string | null
}

interface MachineRow extends CountRow {
  machineNo: number
  machineId: MachineId
  hostname: string
  isReleased: number
  targetCount: number
}

export interface KeptTarget {
  target: StoredTarget
  contentBase64: string
}

const afterOf = ({ cursor }: Page): number =>
  cursor === undefined ? 0 : decodeCursor(cursor, [0])[0]!

export function createReads(
  db: Database,
  orders: OrderReader,
  previews: Previews,
  kept: KeptContents,
) {
  const sql = prepare(db)
  return {
    orderPage: (
      page: Page,
      machineNos: readonly number[] | null,
    ): { orders: StoredOrder[]; cursor: string | null } => {
      const before = afterOf(page) || Number.MAX_SAFE_INTEGER
      const cut = cutPage(orders.before(before, page.limit + 1, machineNos), page.limit, (row) => [
        row.orderNo,
      ])
      return { orders: cut.rows.map(({ order }) => order), cursor: cut.cursor }
    },

    /** Whether it names no machine but these. False where there is no such order. */
    isOrderWithin: (orderId: OrderId, machineNos: readonly number[]): boolean =>
      orders.isWithin(orderId, machineNos),

    previewTargets: (
      previewId: PreviewId,
      page: Page,
    ): { targets: StoredTarget[]; cursor: string | null } => {
      const { previewNo, firstNo, targetCount, state } = previews.row(previewId)
      const isFrozen = state === 'ready' || state === 'used'
      const from = Math.max(firstNo, afterOf(page) + 1)
      const to = isFrozen ? firstNo + targetCount - 1 : 0
      const rows = sql.selectFrozen.all(from, to, previewNo, page.limit + 1)
      const cut = cutPage(rows, page.limit, (row) => [row.targetNo])
      return { targets: cut.rows.map(fromTargetRow), cursor: cut.cursor }
    },

    targetPage: (
      orderId: OrderId,
      state: TargetState | undefined,
      page: Page,
    ): { targets: TargetOutcome[]; cursor: string | null } => {
      const { orderNo } = orders.row(orderId)
      const bound = { orderNo, state: state ?? null, after: afterOf(page), limit: page.limit + 1 }
      const rows = (state === undefined || UNSENT.has(state) ? sql.selectAll : sql.selectOf).all(
        bound,
      )
      const cut = cutPage(rows, page.limit, (row) => [row.targetNo])
      return {
        targets: cut.rows.map((row) => ({
          ...fromTargetRow(row),
          state: row.state,
          reason: row.reason,
          receiptAt: row.receiptAt,
        })),
        cursor: cut.cursor,
      }
    },

    machinePage: (
      orderId: OrderId,
      page: Page,
    ): { machines: StoredOrderMachine[]; cursor: string | null } => {
      const { orderNo, restState } = orders.row(orderId)
      const rows = sql.selectMachines.all(orderNo, afterOf(page), page.limit + 1)
      const cut = cutPage(rows, page.limit, (row) => [row.machineNo])
      return {
        machines: cut.rows.map((row) => ({
          machineId: row.machineId,
          hostname: row.hostname,
          isReleased: row.isReleased === 1,
          targetCount: row.targetCount,
          counts: countsOf(row, restState),
        })),
        cursor: cut.cursor,
      }
    },

    /** Of targets of an undo: what is kept of those that it puts back. */
    copiesFor: (orderId: OrderId, targets: readonly StoredTarget[]): StoredCopy[] => {
      const { undoesNo } = orders.row(orderId)
      const takenBy = undoesNo === null ? null : orders.rowByNo(undoesNo).action
      if (takenBy !== 'strip' && takenBy !== 'reduce') return []
      return targets.flatMap(({ strippedTargetId, sha256 }) => {
        const bytes = sha256 === null ? undefined : kept.find(sha256)
        if (bytes === undefined || strippedTargetId === null) return []
        const contentBase64 = bytes.toString('base64')
        return [{ targetId: strippedTargetId, takenBy, contentBase64 }]
      })
    },

    /** What is kept of one target of an order; null: nothing. */
    targetContent: (orderId: OrderId, targetId: TargetId): KeptTarget | null => {
      const { previewNo } = orders.row(orderId)
      const key = sql.selectKey.get(previewNo)!.targetKey
      const no = targetNoOf(key, targetId) ?? sql.selectNo.get(targetId)?.targetNo
      const [row] = no === undefined ? [] : sql.selectFrozen.all(no, no, previewNo, 1)
      if (row === undefined) return null
      const target = fromTargetRow(row)
      const bytes = target.sha256 === null ? undefined : kept.find(target.sha256)
      return bytes === undefined ? null : { target, contentBase64: bytes.toString('base64') }
    },

    /** Whether an order removed this stream, or was about to, not longer ago than that. */
    wasStripped: (machineId: MachineId, streamId: number, orderedAfter: number): boolean =>
      sql.wasStripped.get({ machineId, streamId, orderedAfter }) !== undefined,

    previewMachines: (previewId: PreviewId): MachineId[] =>
      sql.selectPreviewMachines
        .all(previews.row(previewId).previewNo)
        .map(({ machineId }) => machineId),

    /** Machines that have queued or sent targets in this order. */
    openMachines: (orderId: OrderId): MachineId[] =>
      sql.selectOpenMachines.all(orders.row(orderId).orderNo).map(({ machineId }) => machineId),
  }
}

/** Found by where a machine's queue stands; what has a receipt is found by it. */
const UNSENT: ReadonlySet<TargetState> = new Set(['queued', 'sent', 'cancelled', 'expired'])

function prepare(db: Database) {
  const state = `ifnull(r.outcome, CASE WHEN t.target_no < m.next_no THEN 'sent' ELSE o.rest_state END)`
  const columns = `${TARGET_COLUMNS}, ${state} AS state, ifnull(r.reason, '') AS reason, r.at AS receiptAt`
  return {
    selectKey: db.prepare<[number], { targetKey: string }>(
      'SELECT target_key AS targetKey FROM preview WHERE preview_no = ?',
    ),
    selectNo: db.prepare<[string], { targetNo: number }>(
      'SELECT target_no AS targetNo FROM main.target WHERE target_id = ?',
    ),
    selectFrozen: db.prepare<[number, number, number, number], TargetRow>(`
      SELECT ${TARGET_COLUMNS} FROM main.target AS t ${TARGET_JOINS}
      WHERE t.target_no BETWEEN ? AND ? AND t.preview_no = ? ORDER BY t.target_no LIMIT ?
    `),
    selectAll: db.prepare<object, OutcomeRow>(`
      SELECT ${columns} FROM strip_order AS o
      JOIN preview AS op ON op.preview_no = o.preview_no
      CROSS JOIN main.target AS t ON t.target_no BETWEEN op.first_no AND op.first_no + op.target_count - 1
      JOIN order_machine AS m ON m.order_no = o.order_no AND m.machine_no = t.machine_no
      LEFT JOIN receipt AS r ON r.target_no = t.target_no ${TARGET_JOINS}
      WHERE o.order_no = @orderNo AND t.target_no > @after AND (@state IS NULL OR ${state} = @state)
      ORDER BY t.target_no LIMIT @limit
    `),
    selectOf: db.prepare<object, OutcomeRow>(`
      SELECT ${columns} FROM strip_order AS o
      CROSS JOIN receipt AS r INDEXED BY receipt_by_outcome ON r.order_no = o.order_no AND r.outcome = @state
      JOIN main.target AS t ON t.target_no = r.target_no
      JOIN order_machine AS m ON m.order_no = o.order_no AND m.machine_no = t.machine_no ${TARGET_JOINS}
      WHERE o.order_no = @orderNo AND r.target_no > @after
      ORDER BY r.target_no LIMIT @limit
    `),
    selectMachines: db.prepare<[number, number, number], MachineRow>(`
      SELECT m.machine_no AS machineNo, mm.machine_id AS machineId, mm.hostname, m.is_released AS isReleased,
        m.last_no - m.first_no + 1 AS targetCount, ${COUNT_COLUMNS('m')}
      FROM order_machine AS m JOIN inventory.machine AS mm USING (machine_no)
      WHERE m.order_no = ? AND m.machine_no > ? ORDER BY m.machine_no LIMIT ?
    `),
    wasStripped: db.prepare<object, object>(`
      SELECT 1 FROM order_machine AS m JOIN strip_order AS o USING (order_no)
      CROSS JOIN main.target AS t ON t.target_no BETWEEN m.first_no AND m.next_no - 1
      LEFT JOIN receipt AS r ON r.target_no = t.target_no
      WHERE m.machine_no = (SELECT machine_no FROM inventory.machine WHERE machine_id = @machineId)
        AND (m.sent > 0 OR o.created_at > @orderedAfter) AND o.action = 'strip' AND t.stream_id = @streamId
        AND ifnull(r.outcome IN ('done', 'gone') AND o.created_at > @orderedAfter, 1)
      LIMIT 1
    `),
    selectPreviewMachines: db.prepare<[number], { machineId: MachineId }>(`
      SELECT mm.machine_id AS machineId
      FROM preview_machine AS m JOIN inventory.machine AS mm USING (machine_no) WHERE m.preview_no = ?
    `),
    selectOpenMachines: db.prepare<[number], { machineId: MachineId }>(`
      SELECT mm.machine_id AS machineId
      FROM order_machine AS m JOIN inventory.machine AS mm USING (machine_no)
      WHERE m.order_no = ? AND m.is_open = 1
    `),
  }
}
