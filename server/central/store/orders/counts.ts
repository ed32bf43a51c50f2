/** How many targets are in each state, of an order and of each of its machines: kept, never counted anew. */
import type { Database } from 'better-sqlite3'
import type { ReceiptOutcome } from '../../../protocol/order.ts'

/** The columns, and the state that each counts. `rest` is what the order's `rest_state` says. */
export const COUNTED = {
  queued: 'queued',
  sent: 'sent',
  done: 'done',
  gone: 'gone',
  changed: 'changed',
  in_use: 'in-use',
  denied: 'denied',
  refused: 'refused',
  failed: 'failed',
} as const

type Column = keyof typeof COUNTED | 'rest'

const COLUMNS = [...(Object.keys(COUNTED) as Column[]), 'rest'] as Column[]

export type CountRow = Record<Column, number>

export const COUNT_COLUMNS = (alias: string): string =>
  COLUMNS.map((column) => `${alias}.${column}`).join(', ')

export function columnOf(outcome: ReceiptOutcome): Column {
  return outcome === 'in-use' ? 'in_use' : outcome
}

/** States with none are absent. */
export function countsOf(row: CountRow, restState: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const column of COLUMNS) {
    if (row[column] > 0) counts[column === 'rest' ? restState : COUNTED[column]] = row[column]
  }
  return counts
}

export function createCounter(db: Database) {
  const sets = COLUMNS.map((column) => `${column} = ${column} + @${column}`).join(', ')
  const updateOrder = db.prepare<object>(`UPDATE strip_order SET ${sets} WHERE order_no = @orderNo`)
  const updateMachine = db.prepare<object>(`
    UPDATE order_machine SET ${sets}, is_open = (queued + @queued + sent + @sent > 0)
    WHERE order_no = @orderNo AND machine_no = @machineNo
  `)
  const none = Object.fromEntries(COLUMNS.map((column) => [column, 0]))
  return (orderNo: number, machineNo: number, deltas: Partial<Record<Column, number>>): void => {
    updateOrder.run({ ...none, ...deltas, orderNo })
    updateMachine.run({ ...none, ...deltas, orderNo, machineNo })
  }
}
