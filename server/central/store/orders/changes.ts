/** What people and the clock do to orders. Each is checked against the order's state and told to the audit log. */
import type { Database } from 'better-sqlite3'
import type { OrderState } from '../../../protocol/api/orders.ts'
import type { OrderId } from '../../../protocol/ids.ts'
import { AppError } from '../../../shared/app-error.ts'
import type { OrderReader, OrderRow } from './order-rows.ts'
import type { NewOrder } from './order-types.ts'
import type { PreviewRow, Previews } from './previews.ts'
import type { Queue } from './queue.ts'
import { isCanary } from './rollout.ts'
import type { Tells } from './tells.ts'

/** Who does it, why, and when. */
export interface Deed {
  actor: string
  reason: string
  now: number
}

/** In which states each may be done. Held by a test for every state. */
export const ALLOWED = {
  approve: ['awaiting-approval'],
  reject: ['awaiting-approval'],
  pause: ['canary', 'running'],
  resume: ['paused'],
  cancel: ['awaiting-approval', 'canary', 'running', 'paused'],
} as const satisfies Record<string, readonly OrderState[]>

const DONE: Record<keyof typeof ALLOWED, string> = {
  approve: 'approved',
  reject: 'rejected',
  pause: 'paused',
  resume: 'resumed',
  cancel: 'cancelled',
}

export function createChanges(
  db: Database,
  orders: OrderReader,
  previews: Previews,
  queue: Queue,
  tells: Tells,
) {
  const sql = prepare(db)

  const allowed = (orderId: OrderId, deed: keyof typeof ALLOWED): OrderRow => {
    const row = orders.row(orderId)
    if ((ALLOWED[deed] as readonly OrderState[]).includes(row.state)) return row
    const states = ALLOWED[deed].join(', ')
    const message = `the order is ${row.state}: only one that is ${states} can be ${DONE[deed]}`
    throw new AppError('ORDER_STATE', 409, message, { details: { state: row.state } })
  }
  const begin = ({ orderNo, canaryMachines, step }: OrderRow, orderId: OrderId): void => {
    const rollout = { canaryMachines, rampPercent: [], machineCount: 1, step }
    sql.begin.run(isCanary(rollout) ? 'canary' : 'running', orderNo)
    tells.wake(orderId)
  }
  /** What was not sent is taken back. */
  const takeBack = (
    row: OrderRow,
    state: OrderState,
    rest: 'cancelled' | 'expired',
    now: number,
  ) => {
    sql.restOfOrder.run(state, rest, row.orderNo)
    const { changes } = sql.restOfMachines.run(row.orderNo)
    sql.finishMachines.run(row.orderNo)
    queue.settle(row.orderNo, now)
    return changes
  }

  const create = (order: NewOrder, now: number): void => {
    const preview = previews.row(order.previewId)
    checkPreview(preview, order, sql)
    const orderNo = Number(
      sql.insert.run({
        ...order,
        ...order.plan,
        ramp: JSON.stringify(order.plan.rampPercent),
        writers: JSON.stringify(order.writers),
        previewNo: preview.previewNo,
        action: preview.action,
        targetCount: preview.targetCount,
        machineCount: preview.machineCount,
        now,
      }).lastInsertRowid,
    )
    sql.copyMachines.run(orderNo, preview.previewNo)
    previews.use(preview.previewNo)
    const { orderId, undoes, retries, reason, approvalNeeded, plan } = order
    const { action, query, targetCount, digest } = preview
    const details = { action, undoes, retries, reason, query, targetCount, digest }
    tells.audit(now, order.createdBy, 'order.created', orderId, {
      ...details,
      approvalNeeded,
      plan,
    })
    if (retries !== null)
      tells.audit(now, order.createdBy, 'order.retried', retries, { by: orderId })
    if (undoes !== null) tells.audit(now, order.createdBy, 'order.undone', undoes, { by: orderId })
    if (retries !== null) sql.countRetried.run(preview.previewNo, orders.row(retries).orderNo)
    for (const other of [undoes, retries]) if (other !== null) tells.changed(other)
    tells.changed(orderId)
    if (approvalNeeded === null) begin(orders.row(orderId), orderId)
  }

  return {
    create,

    approve: (orderId: OrderId, { actor, reason, now }: Deed): void => {
      const row = allowed(orderId, 'approve')
      sql.decide.run(actor, now, reason, row.orderNo)
      tells.audit(now, actor, 'order.approved', orderId, { reason, targetCount: row.targetCount })
      tells.changed(orderId)
      begin(row, orderId)
    },
    reject: (orderId: OrderId, { actor, reason, now }: Deed): void => {
      const row = allowed(orderId, 'reject')
      sql.decide.run(actor, now, reason, row.orderNo)
      tells.audit(now, actor, 'order.rejected', orderId, { reason })
      takeBack(row, 'rejected', 'cancelled', now)
    },
    pause: (orderId: OrderId, { actor, reason, now }: Deed): void => {
      const row = allowed(orderId, 'pause')
      sql.pause.run(actor, now, reason, row.orderNo)
      tells.audit(now, actor, 'order.paused', orderId, { reason })
      tells.changed(orderId)
    },
    /** Failures so far are accepted: its bound counts from here. */
    resume: (orderId: OrderId, { actor, reason, now }: Deed): void => {
      const row = allowed(orderId, 'resume')
      const { failures, receipts } = queue.outcomes(row.orderNo)
      sql.resume.run(failures, receipts, row.orderNo)
      tells.audit(now, actor, 'order.resumed', orderId, { reason, acceptedFailures: failures })
      tells.changed(orderId)
      begin(row, orderId)
      queue.settle(row.orderNo, now)
    },
    cancel: (orderId: OrderId, { actor, reason, now }: Deed): void => {
      const row = allowed(orderId, 'cancel')
      tells.audit(now, actor, 'order.cancelled', orderId, { reason, cancelled: row.queued })
      takeBack(row, 'cancelled', 'cancelled', now)
    },
    /** Orders whose time is over. */
    expire: (now: number): void => {
      for (const { orderId } of sql.selectExpired.all(now)) {
        const row = orders.row(orderId)
        tells.audit(now, 'central', 'order.expired', orderId, { expired: row.queued })
        takeBack(row, 'expired', 'expired', now)
      }
    },
    countOpen: (): number => sql.countOpen.get()!.count,
  }
}

function checkPreview(preview: PreviewRow, order: NewOrder, sql: ReturnType<typeof prepare>): void {
  const fail = (code: string, message: string, details?: object) => {
    throw new AppError(code, 409, message, details === undefined ? {} : { details })
  }
  if (preview.state === 'used') fail('PREVIEW_USED', 'an order was made of this preview already')
  if (preview.state !== 'ready') {
    fail(
      'PREVIEW_NOT_READY',
      `the preview is ${preview.state}${preview.error && `: ${preview.error}`}`,
    )
  }
  const { targetCount, previewNo } = preview
  if (targetCount !== order.confirmCount || targetCount === 0) {
    const what = targetCount === 0 ? 'nothing' : `${targetCount} targets`
    const message = `${what} would be in this order, not ${order.confirmCount}: look again`
    fail('COUNT_MISMATCH', message, { targetCount })
  }
  // Orders that came while people looked at it: two open ones for one stream would race each other on the machine.
  const after = preview.afterOrderNo
  for (const { machineNo } of sql.selectContested.all({ previewNo, after })) {
    if (sql.selectNamedBoth.get({ previewNo, machineNo, after }) !== undefined)
      fail('PREVIEW_STALE', 'an order made since then names some of these: preview again')
  }
}

function prepare(db: Database) {
  return {
    insert: db.prepare<object>(`
      INSERT INTO strip_order (order_id, preview_no, action, state, created_by, writers_json, created_at, expires_at, reason,
        undoes_no, retries_no, approval_needed, canary_machines, ramp_json, stop_at_failed_percent, target_count,
        machine_count, queued)
      VALUES (@orderId, @previewNo, @action, 'awaiting-approval', @createdBy, @writers, @now, @expiresAt, @reason,
        (SELECT order_no FROM strip_order WHERE order_id = @undoes),
        (SELECT order_no FROM strip_order WHERE order_id = @retries), @approvalNeeded, @canaryMachines, @ramp,
        @stopAtFailedPercent, @targetCount, @machineCount, @targetCount)
    `),
    copyMachines: db.prepare<[number, number]>(`
      INSERT INTO order_machine (order_no, machine_no, first_no, last_no, next_no, queued)
      SELECT ?, machine_no, first_no, first_no + target_count - 1, first_no, target_count
      FROM preview_machine WHERE preview_no = ?
    `),
    // Of machines that have something open in a later order: what is named here, and what there.
    selectContested: db.prepare<object, { machineNo: number }>(`
      SELECT DISTINCT pm.machine_no AS machineNo FROM preview_machine AS pm
      CROSS JOIN order_machine AS m ON m.machine_no = pm.machine_no AND m.is_open = 1
      WHERE pm.preview_no = @previewNo AND m.order_no > @after
    `),
    selectNamedBoth: db.prepare<object, { streamId: number }>(`
      SELECT t.stream_id AS streamId FROM preview_machine AS pm
      CROSS JOIN main.target AS t ON t.target_no BETWEEN pm.first_no AND pm.first_no + pm.target_count - 1
      WHERE pm.preview_no = @previewNo AND pm.machine_no = @machineNo AND t.stream_id IS NOT NULL
      INTERSECT
      SELECT t.stream_id FROM order_machine AS m
      CROSS JOIN main.target AS t ON t.target_no BETWEEN m.first_no AND m.last_no
      WHERE m.machine_no = @machineNo AND m.order_no > @after AND m.is_open = 1
      LIMIT 1
    `),
    countRetried: db.prepare<[number, number]>(`
      UPDATE strip_order SET retried_count = retried_count + (
        SELECT count(*) FROM preview AS p
        CROSS JOIN main.target AS t ON t.target_no BETWEEN p.first_no AND p.first_no + p.target_count - 1
        JOIN receipt AS r ON r.target_no = t.source_no
        WHERE p.preview_no = ? AND r.outcome IN ('failed', 'in-use', 'denied'))
      WHERE order_no = ?
    `),
    begin: db.prepare<[string, number]>('UPDATE strip_order SET state = ? WHERE order_no = ?'),
    decide: db.prepare<[string, number, string, number]>(`
      UPDATE strip_order SET decided_by = ?, decided_at = ?, decision_reason = ? WHERE order_no = ?
    `),
    pause: db.prepare<[string, number, string, number]>(`
      UPDATE strip_order SET state = 'paused', paused_by = ?, paused_at = ?, paused_reason = ? WHERE order_no = ?
    `),
    resume: db.prepare<[number, number, number]>(`
      UPDATE strip_order SET paused_by = NULL, paused_at = NULL, paused_reason = '', accepted_failures = ?,
        accepted_receipts = ? WHERE order_no = ?
    `),
    restOfOrder: db.prepare<[string, string, number]>(`
      UPDATE strip_order SET state = ?, rest_state = ?, rest = rest + queued, queued = 0 WHERE order_no = ?
    `),
    restOfMachines: db.prepare<[number]>(`
      UPDATE order_machine SET rest = queued, queued = 0, is_open = (sent > 0) WHERE order_no = ? AND queued > 0
    `),
    finishMachines: db.prepare<[number]>(`
      UPDATE strip_order SET finished_machines = (
        SELECT count(*) FROM order_machine AS m WHERE m.order_no = strip_order.order_no AND m.is_open = 0)
      WHERE order_no = ?
    `),
    selectExpired: db.prepare<[number], { orderId: OrderId }>(`
      SELECT order_id AS orderId FROM strip_order
      WHERE finished_at IS NULL AND expires_at <= ? AND state IN ('awaiting-approval', 'canary', 'running', 'paused')
    `),
    countOpen: db.prepare<[], { count: number }>(
      'SELECT count(*) AS count FROM strip_order WHERE finished_at IS NULL',
    ),
  }
}
