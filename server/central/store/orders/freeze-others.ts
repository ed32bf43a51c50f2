/** Freezes what is not a selection of streams: files that get a mark, and targets of an order that are named again. */
import type { Database } from 'better-sqlite3'
import type { TargetState } from '../../../protocol/api/order-targets.ts'
import type { OrderAction } from '../../../protocol/order.ts'
import { boundCode, CODE_SQL } from '../inventory/code-columns.ts'
import { encodeIdentity } from '../inventory/identity-code.ts'
import { toUtf16 } from '../utf16.ts'
import { createTargetDigest, type FrozenSoFar } from './freeze-streams.ts'
import type { MarkFile } from './order-types.ts'
import { createMarkTally } from './tally-marks.ts'

const MARK_STREAM = toUtf16('Zone.Identifier')

/** Of which targets of an order, and what they are in the new list. */
export interface CopyChoice {
  kind: 'undo' | 'retry' | 'marks-of'
  orderNo: number
  action: OrderAction
  /** Of a retry. */
  states: readonly TargetState[]
  /** Of the undo of a mark. */
  written: { sizeBytes: number; sha256: string } | null
}

export function createOtherFreezers(db: Database) {
  const sql = prepare(db)
  const digest = createTargetDigest(db)
  const tallyMarks = createMarkTally(db)

  const close = (
    frozen: FrozenSoFar,
    machineNo: number,
    { from, count, isPreview }: { from: number; count: number; isPreview: boolean },
  ): void => {
    if (count === 0) return
    if (isPreview) tallyMarks(frozen, from, from + count - 1)
    frozen.bytes += digest(frozen.hash, from, from + count - 1)
    frozen.count += count
    frozen.machines.push({ machineNo, firstNo: from, count })
  }

  function* freezeFiles(
    previewNo: number,
    firstNo: number,
    files: readonly MarkFile[],
    frozen: FrozenSoFar,
  ): Generator<void, void, undefined> {
    const exclude = (reason: string) =>
      void frozen.excluded.set(reason, (frozen.excluded.get(reason) ?? 0) + 1)
    const named = new Set<string>()
    for (const [machineId, ofMachine] of Map.groupBy(files, (file) => file.machineId)) {
      const machineNo = sql.selectMachine.get(machineId)?.machineNo
      const from = firstNo + frozen.count
      let count = 0
      for (const { volumeId, identity, path } of ofMachine) {
        const key = `${machineId} ${volumeId} ${identity}`
        if (machineNo === undefined) exclude('unknown: central has no such machine')
        else if (named.has(key)) exclude('twice: the same file was named before')
        else {
          const code = boundCode(encodeIdentity(identity))
          sql.insertFile.run(from + count, previewNo, machineNo, ...code)
          sql.insertText.run(from + count, volumeId, toUtf16(path), MARK_STREAM)
          count += 1
        }
        named.add(key)
      }
      if (machineNo !== undefined) close(frozen, machineNo, { from, count, isPreview: true })
      yield
    }
  }

  function* freezeCopies(
    previewNo: number,
    firstNo: number,
    { kind, orderNo, action, states, written }: CopyChoice,
    frozen: FrozenSoFar,
  ): Generator<void, void, undefined> {
    const insert = sql.insertCopies[kind]
    for (const { machineNo, first, last } of sql.selectMachines.all(orderNo)) {
      const from = firstNo + frozen.count
      const { changes } = insert.run({
        ...{ from, previewNo, orderNo, machineNo, first, last },
        states: JSON.stringify(states),
        isMark: action === 'mark' ? 1 : 0,
        size: written?.sizeBytes ?? null,
        sha256: written === null ? null : Buffer.from(written.sha256, 'hex'),
      })
      sql.copyTexts.run(from, from + changes - 1)
      // Nobody looks at the list of a retry or an undo before it is an order.
      const isPreview = kind === 'marks-of'
      close(frozen, machineNo, { from, count: changes, isPreview })
      yield
    }
  }
  return { freezeFiles, freezeCopies }
}

/** What each kind takes of the targets of an order, `t`, with its receipt, `r`, and its machine's queue, `m`. */
const CONDITIONS: Record<CopyChoice['kind'], string> = {
  // Not what an order puts back, or has: it would be there twice.
  undo: `r.outcome = 'done' AND NOT EXISTS (
    SELECT 1 FROM main.target AS c JOIN strip_order AS co ON co.preview_no = c.preview_no
    JOIN order_machine AS cm ON cm.order_no = co.order_no AND cm.machine_no = c.machine_no
    LEFT JOIN receipt AS cr ON cr.target_no = c.target_no
    WHERE c.source_no = t.target_no AND co.undoes_no = o.order_no
      AND ifnull(cr.outcome = 'done', c.target_no < cm.next_no OR co.rest_state = 'queued'))`,
  retry: `ifnull(r.outcome, CASE WHEN t.target_no < m.next_no THEN 'sent' ELSE o.rest_state END)
      IN (SELECT value FROM json_each(@states))
    AND NOT EXISTS (
      SELECT 1 FROM main.target AS c JOIN strip_order AS co ON co.preview_no = c.preview_no
      WHERE c.source_no = t.target_no AND co.retries_no = o.order_no)`,
  'marks-of': `r.outcome = 'done' AND @states IS NOT NULL
    AND hex(ifnull(x.stream_utf16, sn.utf16)) = '${MARK_STREAM.toString('hex').toUpperCase()}'`,
}

function prepare(db: Database) {
  const insertCopies = (kind: CopyChoice['kind']) =>
    db.prepare<object>(`
      INSERT INTO main.target (target_no, preview_no, machine_no, stream_id, source_no, volume_no, folder_no, name_no,
        stream_name_no, identity, size_bytes, sha256)
      SELECT @from + row_number() OVER (ORDER BY t.target_no) - 1, @previewNo, t.machine_no,
        CASE WHEN @isMark THEN NULL ELSE t.stream_id END, t.target_no, t.volume_no, t.folder_no, t.name_no,
        t.stream_name_no, t.identity, CASE WHEN @isMark AND @size IS NULL THEN 0 ELSE ifnull(@size, t.size_bytes) END,
        CASE WHEN @isMark THEN NULL ELSE ifnull(@sha256, t.sha256) END
      FROM strip_order AS o
      JOIN order_machine AS m ON m.order_no = o.order_no AND m.machine_no = @machineNo
      CROSS JOIN main.target AS t ON t.target_no BETWEEN @first AND @last
      LEFT JOIN receipt AS r ON r.target_no = t.target_no
      LEFT JOIN target_text AS x ON x.target_no = t.target_no
      LEFT JOIN stream_name AS sn ON sn.stream_name_no = t.stream_name_no
      WHERE o.order_no = @orderNo AND ${CONDITIONS[kind]}
      ORDER BY t.target_no
    `)
  return {
    selectMachine: db.prepare<[string], { machineNo: number }>(
      'SELECT machine_no AS machineNo FROM inventory.machine WHERE machine_id = ?',
    ),
    insertFile: db.prepare<[number, number, number, number | null, string | null]>(`
      INSERT INTO main.target (target_no, preview_no, machine_no, identity, size_bytes)
      VALUES (?, ?, ?, ${CODE_SQL}, 0)
    `),
    insertText: db.prepare<[number, string, Buffer, Buffer]>(
      'INSERT INTO target_text VALUES (?, ?, ?, ?)',
    ),
    selectMachines: db.prepare<[number], { machineNo: number; first: number; last: number }>(`
      SELECT machine_no AS machineNo, first_no AS first, last_no AS last
      FROM order_machine WHERE order_no = ? ORDER BY first_no
    `),
    insertCopies: {
      undo: insertCopies('undo'),
      retry: insertCopies('retry'),
      'marks-of': insertCopies('marks-of'),
    },
    copyTexts: db.prepare<[number, number]>(`
      INSERT INTO target_text
      SELECT t.target_no, x.volume_id, x.path_utf16, x.stream_utf16
      FROM main.target AS t JOIN target_text AS x ON x.target_no = t.source_no
      WHERE t.target_no BETWEEN ? AND ?
    `),
  }
}
