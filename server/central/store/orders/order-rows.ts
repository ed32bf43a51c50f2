/** Rows of `strip_order` → orders. */
import type { Database } from 'better-sqlite3'
import type { OrderState } from '../../../protocol/api/orders.ts'
import type { OrderId } from '../../../protocol/ids.ts'
import type { OrderAction } from '../../../protocol/order.ts'
import { AppError } from '../../../shared/app-error.ts'
import { COUNT_COLUMNS, type CountRow, countsOf } from './counts.ts'
import type { ApprovalBasis, PreviewSummary, StoredOrder } from './order-types.ts'
import type { StepState } from './rollout.ts'

/** As it is stored. */
export interface OrderRow extends CountRow {
  orderNo: number
  orderId: OrderId
  previewNo: number
  action: OrderAction
  state: OrderState
  createdBy: string
  writers: string
  createdAt: number
  finishedAt: number | null
  expiresAt: number
  reason: string
  undoesNo: number | null
  retriesNo: number | null
  approvalNeeded: string | null
  decidedBy: string | null
  decidedAt: number | null
  decisionReason: string
  canaryMachines: number
  ramp: string
  stopAt: number | null
  step: number
  isOffered: number
  acceptedFailures: number
  acceptedReceipts: number
  pausedBy: string | null
  pausedAt: number | null
  pausedReason: string
  restState: string
  targetCount: number
  machineCount: number
  releasedMachines: number
  finishedMachines: number
  retriedCount: number
}

interface JoinedRow extends OrderRow {
  undoes: OrderId | null
  retries: OrderId | null
  query: string | null
  origin: string | null
  digest: string
  /** Targets of orders that undo this one, that are put back or may still be. */
  undoing: number
  contentKeptDays: number
}

const COLUMNS = `
  o.order_no AS orderNo, o.order_id AS orderId, o.preview_no AS previewNo, o.action, o.state,
  o.created_by AS createdBy, o.writers_json AS writers, o.created_at AS createdAt, o.finished_at AS finishedAt, o.expires_at AS expiresAt,
  o.reason, o.undoes_no AS undoesNo, o.retries_no AS retriesNo, o.approval_needed AS approvalNeeded,
  o.decided_by AS decidedBy, o.decided_at AS decidedAt, o.decision_reason AS decisionReason,
  o.canary_machines AS canaryMachines, o.ramp_json AS ramp, o.stop_at_failed_percent AS stopAt, o.step,
  o.is_offered AS isOffered, o.accepted_failures AS acceptedFailures, o.accepted_receipts AS acceptedReceipts,
  o.paused_by AS pausedBy, o.paused_at AS pausedAt, o.paused_reason AS pausedReason, o.rest_state AS restState,
  o.target_count AS targetCount, o.machine_count AS machineCount, o.released_machines AS releasedMachines,
  o.finished_machines AS finishedMachines, o.retried_count AS retriedCount, ${COUNT_COLUMNS('o')}`

const JOINED = `
  SELECT ${COLUMNS}, u.order_id AS undoes, r.order_id AS retries, p.query, p.origin_json AS origin, p.digest,
    (SELECT total(w.queued + w.sent + w.done) FROM strip_order AS w WHERE w.undoes_no = o.order_no) AS undoing,
    (SELECT iif(max_stream_bytes > 0 AND max_bytes > 0, max_days, 0) FROM kept_content_policy) AS contentKeptDays
  FROM strip_order AS o JOIN preview AS p USING (preview_no)
  LEFT JOIN strip_order AS u ON u.order_no = o.undoes_no
  LEFT JOIN strip_order AS r ON r.order_no = o.retries_no`

/** It names no machine but those. */
const WITHIN = `NOT EXISTS (
  SELECT 1 FROM order_machine AS m WHERE m.order_no = o.order_no
    AND m.machine_no NOT IN (SELECT value FROM json_each(@machineNos)))`

export function createOrderReader(db: Database) {
  const selectRow = db.prepare<[string], OrderRow>(
    `SELECT ${COLUMNS} FROM strip_order AS o WHERE o.order_id = ?`,
  )
  const selectByNo = db.prepare<[number], OrderRow>(
    `SELECT ${COLUMNS} FROM strip_order AS o WHERE o.order_no = ?`,
  )
  const selectJoined = db.prepare<[string], JoinedRow>(`${JOINED} WHERE o.order_id = ?`)
  const selectPage = db.prepare<
    { before: number; limit: number; machineNos: string | null },
    JoinedRow
  >(`
    ${JOINED} WHERE o.order_no < @before AND (@machineNos IS NULL OR ${WITHIN})
    ORDER BY o.order_no DESC LIMIT @limit
  `)
  const selectWithin = db.prepare<{ orderId: string; machineNos: string }, object>(
    `SELECT 1 FROM strip_order AS o WHERE o.order_id = @orderId AND ${WITHIN}`,
  )
  // It, what it tries again, and so on to the one that was made of a preview.
  const selectTried = db.prepare<[string], { isApproved: number; summary: string }>(`
    WITH RECURSIVE tried (order_no, retries_no, place) AS (
      SELECT order_no, retries_no, 0 FROM strip_order WHERE order_id = ?
      UNION ALL
      SELECT o.order_no, o.retries_no, tried.place + 1
      FROM tried JOIN strip_order AS o ON o.order_no = tried.retries_no)
    SELECT (o.decided_by IS NOT NULL AND o.state <> 'rejected') AS isApproved, p.summary_json AS summary
    FROM tried JOIN strip_order AS o USING (order_no) JOIN preview AS p USING (preview_no)
    ORDER BY tried.place
  `)
  return {
    /** Throws ORDER_NOT_FOUND. */
    row: (orderId: OrderId): OrderRow => {
      const row = selectRow.get(orderId)
      if (row !== undefined) return row
      throw new AppError('ORDER_NOT_FOUND', 404, `there is no order ${orderId}`)
    },
    rowByNo: (orderNo: number): OrderRow => selectByNo.get(orderNo)!,
    find: (orderId: OrderId): StoredOrder | undefined => {
      const row = selectJoined.get(orderId)
      return row === undefined ? undefined : toOrder(row)
    },
    approvalBasis: (orderId: OrderId): ApprovalBasis => {
      const tried = selectTried.all(orderId)
      const { byVerdict } = JSON.parse(tried.at(-1)?.summary ?? '{}') as Partial<PreviewSummary>
      return {
        isApproved: tried.some(({ isApproved }) => isApproved === 1),
        byVerdict: byVerdict ?? [],
      }
    },
    /** With their numbers, newest first; those that name no machine but these, or with null all. */
    before: (
      before: number,
      limit: number,
      machineNos: readonly number[] | null,
    ): { orderNo: number; order: StoredOrder }[] =>
      selectPage
        .all({ before, limit, machineNos: machineNos === null ? null : JSON.stringify(machineNos) })
        .map((row) => ({ orderNo: row.orderNo, order: toOrder(row) })),
    isWithin: (orderId: OrderId, machineNos: readonly number[]): boolean =>
      selectWithin.get({ orderId, machineNos: JSON.stringify(machineNos) }) !== undefined,
  }
}

export type OrderReader = ReturnType<typeof createOrderReader>

/** Nobody may look at these states and send something. */
export const FAILURES = ['failed', 'denied', 'refused'] as const

export function failuresOf(row: CountRow): number {
  return FAILURES.reduce((sum, outcome) => sum + row[outcome], 0)
}

export function receiptsOf(row: CountRow): number {
  return row.done + row.gone + row.changed + row.in_use + failuresOf(row)
}

export function stepStateOf(row: OrderRow): StepState {
  return {
    canaryMachines: row.canaryMachines,
    rampPercent: JSON.parse(row.ramp) as number[],
    machineCount: row.machineCount,
    step: row.step,
    releasedMachines: row.releasedMachines,
    finishedMachines: row.finishedMachines,
    isOffered: row.isOffered === 1,
    stopAtFailedPercent: row.stopAt,
    receipts: receiptsOf(row) - row.acceptedReceipts,
    failures: failuresOf(row) - row.acceptedFailures,
  }
}

function toOrder(row: JoinedRow): StoredOrder {
  const { orderId, action, state, createdBy, createdAt, finishedAt, expiresAt, reason } = row
  const isUndo = row.undoesNo !== null
  return {
    ...{ orderId, action, state, createdBy, createdAt, finishedAt, expiresAt, reason },
    writers: JSON.parse(row.writers) as string[],
    query: row.query,
    origin: row.origin === null ? null : JSON.parse(row.origin),
    digest: row.digest,
    undoes: row.undoes,
    retries: row.retries,
    approvalNeeded: row.approvalNeeded,
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt,
    decisionReason: row.decisionReason,
    plan: {
      canaryMachines: row.canaryMachines,
      rampPercent: JSON.parse(row.ramp) as number[],
      stopAtFailedPercent: row.stopAt,
    },
    pausedBy: row.pausedBy,
    pausedAt: row.pausedAt,
    pausedReason: row.pausedReason,
    step: row.step,
    targetCount: row.targetCount,
    machineCount: row.machineCount,
    releasedMachines: row.releasedMachines,
    finishedMachines: row.finishedMachines,
    undoableCount: isUndo ? 0 : row.done - row.undoing,
    retryableCount: isUndo
      ? 0
      : Math.max(0, row.failed + row.in_use + row.denied - row.retriedCount),
    contentKeptDays: row.contentKeptDays,
    counts: countsOf(row, row.restState),
  }
}
