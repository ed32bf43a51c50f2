/** What an order of this PC would do or did, a row for each target. */
import type { ReceiptOutcome } from '../protocol/order.ts'
import { displayName } from '../streams/display-name.ts'
import { humanSize } from './human.ts'
import { plainTable, renderPlain } from './plain-table.ts'

export interface OrderRow {
  readonly action: 'strip' | 'reduce' | 'mark' | 'restore'
  readonly path: string
  readonly stream: string
  readonly size: number | null
  readonly targetId: string
  /** `would`: a preview. `protected`: the guard refuses it, and `reason` says why. */
  readonly outcome: ReceiptOutcome | 'would' | 'protected'
  readonly reason: string
}

export function orderText(rows: readonly OrderRow[], format: 'table' | 'ndjson'): string {
  if (format === 'ndjson') return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  if (rows.length === 0) return ''
  const table = plainTable({
    head: ['Outcome', 'Action', 'Size', 'Stream', 'Path'],
    colAligns: ['left', 'left', 'right', 'left', 'left'],
  })
  for (const { outcome, action, size, stream, path, reason } of rows) {
    // What went as asked needs no sentence.
    const why = outcome === 'done' || outcome === 'would' ? '' : `  (${displayName(reason)})`
    table.push([
      outcome,
      action,
      size === null ? '' : humanSize(BigInt(size)),
      displayName(stream),
      displayName(path) + why,
    ])
  }
  return renderPlain(table)
}
