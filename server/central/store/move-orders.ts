/**
 * Moves orders out of a central.sqlite of schema 7 or older into orders.sqlite, with their target ids: agents know them by
 * those. In one transaction; nothing is taken from the old file, its next migration does that. Stopped between the two, it
 * finds its work done.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { OrderId, PreviewId } from '../../protocol/ids.ts'
import { boundCode, CODE_SQL } from './inventory/code-columns.ts'
import { encodeIdentity } from './inventory/identity-code.ts'
import { createTargetDigest } from './orders/freeze-streams.ts'
import { openOrders } from './orders/open-orders.ts'
import { newTargetKey } from './orders/target-ids.ts'

/** The last schema of central.sqlite that held orders. */
export const LAST_SCHEMA_WITH_ORDERS = 7

const MONTH_MS = 30 * 86_400_000

interface OldOrder {
  order_no: number
  order_id: OrderId
  action: string
  created_by: string
  created_at: number
  finished_at: number | null
  reason: string
  undoes_no: number | null
  target_count: number
  machine_count: number
}

interface OldTarget {
  target_id: string
  machine_no: number
  stream_id: number
  stripped_target_id: string | null
  volume_id: string
  identity: string
  path_utf16: Buffer
  stream_name_utf16: Buffer
  size_bytes: number
  sha256: string
  state: string
  reason: string
  receipt_at: string | null
}

export function moveOrders(central: Database, ordersFile: string, now = Date.now()): void {
  const db = openOrders(ordersFile)
  try {
    if (db.prepare('SELECT 1 FROM strip_order').get() !== undefined) return
    const move = createMover(db, now)
    const orders = central
      .prepare<[], OldOrder>('SELECT * FROM strip_order ORDER BY order_no')
      .all()
    // As they were sent: what was not comes behind what was.
    const selectTargets = central.prepare<[number], OldTarget>(`
      SELECT * FROM order_target WHERE order_no = ?
      ORDER BY machine_no, state IN ('queued', 'cancelled'), target_no
    `)
    db.transaction(() => {
      for (const order of orders) move(order, selectTargets.all(order.order_no))
    }).immediate()
  } finally {
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.close()
  }
}

function createMover(db: Database, now: number) {
  const sql = prepare(db)
  const digest = createTargetDigest(db)
  const numbers = new Map<string, number>()
  let nextNo = 1

  const addTarget = (previewNo: number, orderNo: number, target: OldTarget): void => {
    const { machine_no, stream_id, stripped_target_id, size_bytes, target_id, state } = target
    const sourceNo = stripped_target_id === null ? null : (numbers.get(stripped_target_id) ?? null)
    const code = boundCode(encodeIdentity(target.identity))
    const sha256 = Buffer.from(target.sha256, 'hex')
    sql.insertTarget.run(
      ...[
        nextNo,
        previewNo,
        machine_no,
        stream_id,
        sourceNo,
        ...code,
        size_bytes,
        sha256,
        target_id,
      ],
    )
    sql.insertText.run(nextNo, target.volume_id, target.path_utf16, target.stream_name_utf16)
    if (target.receipt_at !== null) {
      sql.insertReceipt.run(nextNo, orderNo, state, target.reason, target.receipt_at)
    }
    numbers.set(target_id, nextNo)
    nextNo += 1
  }

  return (order: OldOrder, targets: readonly OldTarget[]): void => {
    const firstNo = nextNo
    const isOpen = order.finished_at === null
    const previewNo = Number(
      sql.insertPreview.run({
        previewId: randomUUID() as string as PreviewId,
        targetKey: newTargetKey(),
        ...order,
        firstNo,
      }).lastInsertRowid,
    )
    const byMachine = Map.groupBy(targets, (target) => target.machine_no)
    for (const ofMachine of byMachine.values()) {
      for (const target of ofMachine) addTarget(previewNo, order.order_no, target)
    }
    const hash = createHash('sha256')
    let bytes = 0
    let listFirst = firstNo
    for (const [machineNo, all] of byMachine) {
      bytes += digest(hash, listFirst, listFirst + all.length - 1)
      sql.insertListMachine.run(previewNo, machineNo, listFirst, all.length)
      listFirst += all.length
    }
    sql.finishPreview.run(bytes, hash.digest('hex'), previewNo)
    const finishedMachines = [...byMachine.values()].filter((all) => !all.some(isUnfinished)).length
    sql.insertOrder.run({
      ...order,
      ...countsOf(targets),
      previewNo,
      state: isOpen ? 'running' : 'finished',
      expiresAt: Math.max(now, order.created_at) + MONTH_MS,
      restState: targets.some(({ state }) => state === 'cancelled') ? 'cancelled' : 'queued',
      finishedMachines,
    })
    let machineFirst = firstNo
    for (const [machineNo, all] of byMachine) {
      const counts = countsOf(all)
      sql.insertMachine.run({
        orderNo: order.order_no,
        machineNo,
        firstNo: machineFirst,
        lastNo: machineFirst + all.length - 1,
        nextNo: machineFirst + all.length - counts.queued - counts.rest,
        isOpen: all.some(isUnfinished) ? 1 : 0,
        ...counts,
      })
      machineFirst += all.length
    }
    sql.takeNumbers.run(nextNo)
  }
}

function isUnfinished({ state }: OldTarget): boolean {
  return state === 'queued' || state === 'sent'
}

function countsOf(targets: readonly OldTarget[]) {
  const count = (state: string) => targets.filter((target) => target.state === state).length
  return {
    queued: count('queued'),
    sent: count('sent'),
    done: count('done'),
    gone: count('gone'),
    changed: count('changed'),
    inUse: count('in-use'),
    denied: count('denied'),
    refused: count('refused'),
    failed: count('failed'),
    rest: count('cancelled'),
  }
}

const COUNTS = 'queued, sent, done, gone, changed, in_use, denied, refused, failed, rest'
const COUNT_VALUES =
  '@queued, @sent, @done, @gone, @changed, @inUse, @denied, @refused, @failed, @rest'

function prepare(db: Database) {
  return {
    insertPreview: db.prepare<object>(`
      INSERT INTO preview (preview_id, target_key, action, created_by, created_at, expires_at, after_order_no, state,
        first_no, target_count, machine_count)
      VALUES (@previewId, @targetKey, @action, @created_by, @created_at, @created_at, 0, 'used', @firstNo,
        @target_count, @machine_count)
    `),
    finishPreview: db.prepare<[number, string, number]>(
      'UPDATE preview SET total_bytes = ?, digest = ? WHERE preview_no = ?',
    ),
    insertTarget: db.prepare<unknown[]>(`
      INSERT INTO target (target_no, preview_no, machine_no, stream_id, source_no, identity, size_bytes, sha256, target_id)
      VALUES (?, ?, ?, ?, ?, ${CODE_SQL}, ?, ?, ?)
    `),
    insertText: db.prepare<[number, string, Buffer, Buffer]>(
      'INSERT INTO target_text VALUES (?, ?, ?, ?)',
    ),
    insertReceipt: db.prepare<[number, number, string, string, string]>(
      'INSERT INTO receipt VALUES (?, ?, ?, ?, ?)',
    ),
    insertOrder: db.prepare<object>(`
      INSERT INTO strip_order (order_no, order_id, preview_no, action, state, created_by, created_at, finished_at,
        expires_at, reason, undoes_no, rest_state, target_count, machine_count, released_machines, finished_machines, ${COUNTS})
      VALUES (@order_no, @order_id, @previewNo, @action, @state, @created_by, @created_at, @finished_at, @expiresAt,
        @reason, @undoes_no, @restState, @target_count, @machine_count, @machine_count, @finishedMachines, ${COUNT_VALUES})
    `),
    insertMachine: db.prepare<object>(`
      INSERT INTO order_machine (order_no, machine_no, first_no, last_no, next_no, is_released, is_open, ${COUNTS})
      VALUES (@orderNo, @machineNo, @firstNo, @lastNo, @nextNo, 1, @isOpen, ${COUNT_VALUES})
    `),
    insertListMachine: db.prepare<[number, number, number, number]>(
      'INSERT INTO preview_machine VALUES (?, ?, ?, ?)',
    ),
    takeNumbers: db.prepare<[number]>('UPDATE orders_file SET next_target_no = ?'),
  }
}
