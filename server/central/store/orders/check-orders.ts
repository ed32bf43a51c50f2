/** Compares what orders.sqlite keeps incrementally with a recount of what it is kept of. Changes nothing. */
import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { Check } from '../check-types.ts'
import { pages, references } from '../inventory/check-inventory.ts'
import { COUNTED } from './counts.ts'
import { createTargetDigest } from './freeze-streams.ts'

export const ORDER_CHECKS: readonly Check[] = [
  { what: 'orders.sqlite: pages and indexes', faults: pages },
  { what: 'orders.sqlite: references', faults: references },
  { what: 'targets of each machine in each order by state', faults: machineCounts },
  { what: 'targets of each order by state', faults: orderCounts },
  { what: 'what was frozen for each order', faults: digests },
  { what: 'contents that are kept for undo', faults: keptContents },
]

const COLUMNS = [...Object.keys(COUNTED), 'rest']

interface MachineCounts {
  what: string
  kept: string
  real: string
}

function* machineCounts(db: Database): Generator<string> {
  const outcomes = Object.entries(COUNTED).filter(
    ([column]) => !['queued', 'sent'].includes(column),
  )
  const real = outcomes.map(([, outcome]) => `ifnull(sum(r.outcome = '${outcome}'), 0)`)
  const rows = db.prepare<[], MachineCounts>(`
    SELECT o.order_id || ' on machine ' || m.machine_no AS what,
      concat_ws(' ', m.queued + m.rest, m.sent, ${outcomes.map(([column]) => `m.${column}`).join(', ')}) AS kept,
      concat_ws(' ', m.last_no + 1 - m.next_no, m.next_no - m.first_no - count(r.target_no), ${real.join(', ')}) AS real
    FROM order_machine AS m JOIN strip_order AS o USING (order_no)
    LEFT JOIN receipt AS r ON r.target_no BETWEEN m.first_no AND m.last_no
    GROUP BY m.order_no, m.machine_no
  `)
  for (const { what, kept, real } of rows.iterate()) {
    if (kept !== real) yield `order ${what}: ${kept} is kept, ${real} is there`
  }
}

function* orderCounts(db: Database): Generator<string> {
  const rows = db.prepare<[], MachineCounts>(`
    SELECT o.order_id AS what, concat_ws(' ', o.target_count, ${COLUMNS.map((c) => `o.${c}`).join(', ')}) AS kept,
      concat_ws(' ', sum(m.last_no + 1 - m.first_no), ${COLUMNS.map((c) => `sum(m.${c})`).join(', ')}) AS real
    FROM strip_order AS o LEFT JOIN order_machine AS m USING (order_no) GROUP BY o.order_no
  `)
  for (const { what, kept, real } of rows.iterate()) {
    if (kept !== real) yield `order ${what}: ${kept} is kept, ${real} is there`
  }
}

function* digests(db: Database): Generator<string> {
  const digest = createTargetDigest(db)
  const lists = db.prepare<[], { no: number; id: string; digest: string }>(`
    SELECT p.preview_no AS no, o.order_id AS id, p.digest
    FROM strip_order AS o JOIN preview AS p USING (preview_no) ORDER BY p.preview_no
  `)
  const selectMachines = db.prepare<[number], { first: number; count: number }>(`
    SELECT first_no AS first, target_count AS count FROM preview_machine WHERE preview_no = ? ORDER BY first_no
  `)
  for (const list of lists.all()) {
    const hash = createHash('sha256')
    for (const { first, count } of selectMachines.all(list.no))
      digest(hash, first, first + count - 1)
    if (hash.digest('hex') !== list.digest)
      yield `order ${list.id}: its targets are not those that were frozen`
  }
}

function* keptContents(db: Database): Generator<string> {
  const real = { streams: 0, bytes: 0 }
  const rows = db.prepare<[], { sha256: Buffer; bytes: Buffer }>(
    'SELECT sha256, bytes FROM kept_content',
  )
  for (const { sha256, bytes } of rows.iterate()) {
    real.streams += 1
    real.bytes += bytes.length
    if (!createHash('sha256').update(bytes).digest().equals(sha256))
      yield `kept content ${sha256.toString('hex')}: its bytes are other ones`
  }
  const kept = db.prepare<[], typeof real>('SELECT streams, bytes FROM kept_content_policy').get()!
  if (kept.streams !== real.streams || kept.bytes !== real.bytes)
    yield `kept contents: ${kept.streams} of ${kept.bytes} bytes are counted, ${real.streams} of ${real.bytes} are there`
}
