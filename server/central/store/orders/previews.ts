/** Frozen lists: begun, finished, looked at, forgotten. Their targets come from freezer.ts. */
import type { Database } from 'better-sqlite3'
import type { PreviewId } from '../../../protocol/ids.ts'
import type { OrderAction } from '../../../protocol/order.ts'
import { AppError } from '../../../shared/app-error.ts'
import type { FrozenSoFar } from './freeze-streams.ts'
import type { NewPreview, PreviewSummary, StoredPreview } from './order-types.ts'
import { createSummaries } from './summaries.ts'
import { newTargetKey } from './target-ids.ts'
import type { Tells } from './tells.ts'

export interface PreviewRow {
  previewNo: number
  previewId: PreviewId
  action: OrderAction
  origin: string | null
  query: string | null
  createdBy: string
  createdAt: number
  expiresAt: number
  afterOrderNo: number
  state: StoredPreview['state']
  error: string
  firstNo: number
  targetCount: number
  machineCount: number
  totalBytes: number
  summary: string
  digest: string | null
}

const NOTHING: PreviewSummary = {
  byMachine: [],
  byVerdict: [],
  byExtension: [],
  byOrigin: [],
  excluded: [],
  otherStreams: 0,
  returned: 0,
  onShares: 0,
}

/** Targets that one transaction forgets. */
const FORGET_TARGETS = 20_000

export function createPreviews(db: Database, tells: Tells) {
  const sql = prepare(db)
  const summaries = createSummaries(db)

  const row = (previewId: PreviewId): PreviewRow => {
    const found = sql.select.get(previewId)
    if (found !== undefined) return found
    const message = `there is no preview ${previewId}; they are forgotten after an hour`
    throw new AppError('PREVIEW_NOT_FOUND', 404, message)
  }

  const skipUsedNumbers = (): void => {
    const { next } = sql.selectNext.get()!
    const last = sql.selectLast.get()?.no ?? 0
    if (last >= next) sql.takeNumbers.run(last + 1)
  }

  return {
    row,

    begin: (preview: NewPreview, now: number): PreviewRow => {
      sql.insert.run({
        ...preview,
        targetKey: newTargetKey(),
        origin: preview.origin === null ? null : JSON.stringify(preview.origin),
        now,
      })
      return row(preview.previewId)
    },

    /** The next free number is its first. */
    renumber: (previewNo: number): PreviewId => sql.renumber.get(previewNo)!.previewId,

    progressed: (previewId: PreviewId, count: number): void => {
      sql.progress.run(count, previewId)
      tells.preview(previewId)
    },

    finish: (preview: PreviewRow, frozen: FrozenSoFar): PreviewSummary => {
      const { previewNo, previewId, firstNo } = preview
      for (const { machineNo, firstNo: first, count } of frozen.machines) {
        sql.insertMachine.run(previewNo, machineNo, first, count)
      }
      const summary = summaries.of(frozen)
      sql.finish.run({
        previewNo,
        targetCount: frozen.count,
        machineCount: frozen.machines.length,
        totalBytes: frozen.bytes,
        summary: JSON.stringify(summary),
        digest: frozen.hash.digest('hex'),
      })
      sql.takeNumbers.run(firstNo + frozen.count)
      tells.preview(previewId)
      return summary
    },

    /** Writes, and changes nothing: what was written before is on disk then. */
    flush: (): void => void sql.flush.run(),

    /** What it has of targets goes with `forgetSome`; their numbers are not given again. */
    fail: (previewId: PreviewId, error: string): void => {
      skipUsedNumbers()
      sql.fail.run(error, previewId)
      tells.preview(previewId)
    },

    use: (previewNo: number): void => void sql.use.run(previewNo),

    find: (previewId: PreviewId): StoredPreview => toPreview(row(previewId)),

    /** It is gone for whoever asks; its targets go with `forgetSome`. */
    expire: (previewId: PreviewId): void => {
      if (row(previewId).state === 'used') {
        const message = 'an order was made of this preview: it stays with the order'
        throw new AppError('PREVIEW_USED', 409, message)
      }
      sql.expireNow.run(previewId)
      tells.preview(previewId)
    },

    /** Some of what has expired is taken away; true: there may be more. */
    forgetSome: (now: number): boolean => {
      const expired = sql.selectExpired.get(now)
      if (expired === undefined) return false
      const { previewNo, firstNo } = expired
      sql.deleteTexts.run(firstNo, previewNo, FORGET_TARGETS)
      const { changes } = sql.deleteTargets.run(firstNo, previewNo, FORGET_TARGETS)
      if (changes < FORGET_TARGETS) {
        sql.deleteMachines.run(previewNo)
        sql.delete.run(previewNo)
      } else sql.moveFirst.run(firstNo + FORGET_TARGETS, previewNo)
      return true
    },

    /** Those that were being counted when the process died. */
    failUnfinished: (): void => {
      skipUsedNumbers()
      sql.failUnfinished.run()
    },
  }
}

export type Previews = ReturnType<typeof createPreviews>

function toPreview(row: PreviewRow): StoredPreview {
  const { previewId, action, query, createdBy, createdAt, expiresAt, state, error } = row
  return {
    ...{ previewId, action, query, createdBy, createdAt, expiresAt, state, error },
    origin: row.origin === null ? null : JSON.parse(row.origin),
    targetCount: row.targetCount,
    machineCount: row.machineCount,
    totalBytes: row.totalBytes,
    summary: { ...NOTHING, ...(JSON.parse(row.summary) as Partial<PreviewSummary>) },
    digest: row.digest,
  }
}

function prepare(db: Database) {
  return {
    select: db.prepare<[string], PreviewRow>(`
      SELECT preview_no AS previewNo, preview_id AS previewId, action, origin_json AS origin, query,
        created_by AS createdBy, created_at AS createdAt, expires_at AS expiresAt,
        after_order_no AS afterOrderNo, state, error, first_no AS firstNo, target_count AS targetCount,
        machine_count AS machineCount, total_bytes AS totalBytes, summary_json AS summary, digest
      FROM preview WHERE preview_id = ? AND (state = 'used' OR expires_at > 0)
    `),
    insert: db.prepare<object>(`
      INSERT INTO preview (preview_id, target_key, action, origin_json, query, created_by, created_at, expires_at,
        after_order_no, first_no)
      VALUES (@previewId, @targetKey, @action, @origin, @query, @createdBy, @now, @expiresAt,
        ifnull((SELECT max(order_no) FROM strip_order), 0), (SELECT next_target_no FROM orders_file))
    `),
    renumber: db.prepare<[number], { previewId: PreviewId }>(`
      UPDATE preview SET first_no = (SELECT next_target_no FROM orders_file) WHERE preview_no = ?
      RETURNING preview_id AS previewId
    `),
    progress: db.prepare<[number, string]>(
      'UPDATE preview SET target_count = ? WHERE preview_id = ?',
    ),
    insertMachine: db.prepare<[number, number, number, number]>(
      'INSERT INTO preview_machine VALUES (?, ?, ?, ?)',
    ),
    finish: db.prepare<object>(`
      UPDATE preview SET state = 'ready', target_count = @targetCount, machine_count = @machineCount,
        total_bytes = @totalBytes, summary_json = @summary, digest = @digest
      WHERE preview_no = @previewNo
    `),
    takeNumbers: db.prepare<[number]>('UPDATE orders_file SET next_target_no = ?'),
    flush: db.prepare('UPDATE orders_file SET next_target_no = next_target_no'),
    fail: db.prepare<[string, string]>(
      "UPDATE preview SET state = 'failed', error = ? WHERE preview_id = ?",
    ),
    use: db.prepare<[number]>("UPDATE preview SET state = 'used' WHERE preview_no = ?"),
    expireNow: db.prepare<[string]>('UPDATE preview SET expires_at = 0 WHERE preview_id = ?'),
    selectExpired: db.prepare<[number], { previewNo: number; firstNo: number }>(`
      SELECT preview_no AS previewNo, first_no AS firstNo FROM preview
      WHERE state IN ('ready', 'failed') AND expires_at <= ? ORDER BY expires_at LIMIT 1
    `),
    deleteTexts: db.prepare<[number, number, number]>(`
      DELETE FROM target_text WHERE target_no IN (
        SELECT target_no FROM main.target WHERE target_no >= ? AND preview_no = ? ORDER BY target_no LIMIT ?)
    `),
    deleteTargets: db.prepare<[number, number, number]>(`
      DELETE FROM main.target WHERE target_no IN (
        SELECT target_no FROM main.target WHERE target_no >= ? AND preview_no = ? ORDER BY target_no LIMIT ?)
    `),
    moveFirst: db.prepare<[number, number]>('UPDATE preview SET first_no = ? WHERE preview_no = ?'),
    deleteMachines: db.prepare<[number]>('DELETE FROM preview_machine WHERE preview_no = ?'),
    delete: db.prepare<[number]>('DELETE FROM preview WHERE preview_no = ?'),
    selectNext: db.prepare<[], { next: number }>('SELECT next_target_no AS next FROM orders_file'),
    selectLast: db.prepare<[], { no: number | null }>(
      'SELECT max(target_no) AS no FROM main.target',
    ),
    failUnfinished: db.prepare(`
      UPDATE preview SET state = 'failed', error = 'central was stopped while it was counted', expires_at = 0
      WHERE state = 'counting'
    `),
  }
}
