/**
 * The audit log: append-only, and chained, so that a changed, removed or reordered record shows in a check
 * (server/shared/audit-chain.ts). It does not stop somebody who rewrites the whole chain; a copy of its head kept
 * elsewhere does.
 */
import type { Database } from 'better-sqlite3'
import { type ChainedRecord, GENESIS, hashOfRecord } from '../../shared/audit-chain.ts'
import { cutPage, decodeCursor, encodeCursor } from './cursor.ts'

export interface NewAuditEntry {
  actor: string
  action: string
  subject: string
  details: unknown
}

export interface StoredAuditEntry extends NewAuditEntry {
  auditId: number
  at: number
}

/** What somebody who is for some machines only may read: the own deeds, and what is about one of the machines. */
export interface AuditReader {
  /** Null: not even those, because a token of the same person may be for more machines. */
  own: string | null
  machineIds: readonly string[]
}

export interface AuditRequest {
  about?: string | undefined
  cursor?: string | undefined
  limit: number
  /** Null: all of it. A page may then be short, or empty, and its cursor goes on. */
  reader: AuditReader | null
}

export interface AuditStore {
  /** The number that it got. */
  append(entry: NewAuditEntry, now: number): number
  /** Newest first; with `about`, only of that subject, and of what the machine with that id did. */
  page(page: AuditRequest): {
    entries: StoredAuditEntry[]
    cursor: string | null
  }
  /** The newest record of the chain; null: there is none. */
  head(): { auditId: number; hash: string } | null
  /** Records as they are chained, oldest first: those after `afterId`, at most `limit`. */
  chained(afterId: number, limit: number): ChainedRecord[]
}

interface AuditRow {
  audit_id: number
  at: number
  actor: string
  action: string
  subject: string
  details_json: string
  prev_hash: string
  hash: string
}

const LOOKED_AT = 20_000

const COLUMNS_SQL = 'audit_id, at, actor, action, subject, details_json, prev_hash, hash'

export function createAuditStore(db: Database): AuditStore {
  const selectLast = db.prepare<[], { auditId: number; hash: string }>(
    'SELECT audit_id AS auditId, hash FROM audit_entry ORDER BY audit_id DESC LIMIT 1',
  )
  const insert = db.prepare<Omit<AuditRow, 'audit_id'>>(`
    INSERT INTO audit_entry (at, actor, action, subject, details_json, prev_hash, hash)
    VALUES (@at, @actor, @action, @subject, @details_json, @prev_hash, @hash)
  `)
  const selectPage = db.prepare<{ before: number; limit: number }, AuditRow>(`
    SELECT ${COLUMNS_SQL} FROM audit_entry WHERE audit_id < @before
    ORDER BY audit_id DESC LIMIT @limit
  `)
  // Two indexes, each read only as far as the page goes.
  const selectAbout = db.prepare<
    { before: number; limit: number; about: string; machine: string },
    AuditRow
  >(`
    SELECT ${COLUMNS_SQL} FROM audit_entry WHERE audit_id IN (
      SELECT audit_id FROM (
        SELECT audit_id FROM audit_entry WHERE subject = @about AND audit_id < @before
        ORDER BY audit_id DESC LIMIT @limit
      )
      UNION
      SELECT audit_id FROM (
        SELECT audit_id FROM audit_entry WHERE actor = @machine AND audit_id < @before
        ORDER BY audit_id DESC LIMIT @limit
      )
    )
    ORDER BY audit_id DESC LIMIT @limit
  `)
  const selectReadable = db.prepare<Record<string, unknown>, AuditRow>(`
    WITH of_scope AS MATERIALIZED (SELECT value AS id FROM json_each(@machines))
    SELECT ${COLUMNS_SQL} FROM audit_entry
    WHERE audit_id < @before AND audit_id >= @from
      AND (@about IS NULL OR subject = @about OR actor = @machine)
      AND (actor = @own COLLATE NOCASE OR subject IN (SELECT id FROM of_scope)
        OR (actor LIKE 'machine:%' AND substr(actor, 9) IN (SELECT id FROM of_scope)))
    ORDER BY audit_id DESC LIMIT @limit
  `)
  const selectChained = db.prepare<{ afterId: number; limit: number }, AuditRow>(`
    SELECT ${COLUMNS_SQL} FROM audit_entry WHERE audit_id > @afterId
    ORDER BY audit_id LIMIT @limit
  `)

  const append = db.transaction((entry: NewAuditEntry, at: number): number => {
    // Some of these come from outside. What is hashed must be what a TEXT column gives back.
    const actor = entry.actor.toWellFormed()
    const subject = entry.subject.toWellFormed()
    const { action } = entry
    const detailsJson = JSON.stringify(entry.details)
    const prevHash = selectLast.get()?.hash ?? GENESIS
    const hash = hashOfRecord({ prevHash, at, actor, action, subject, detailsJson })
    const chained = { details_json: detailsJson, prev_hash: prevHash, hash }
    return Number(insert.run({ at, actor, action, subject, ...chained }).lastInsertRowid)
  })

  /** Of so many records of the log at a time, however few of them may be read. */
  const pageOf = (
    { own, machineIds }: AuditReader,
    { about, before, limit }: { about: string | undefined; before: number; limit: number },
  ) => {
    const from = Math.max(1, Math.min(before, (selectLast.get()?.auditId ?? 0) + 1) - LOOKED_AT)
    const rows = selectReadable.all({
      before,
      from,
      limit: limit + 1,
      about: about ?? null,
      machine: about === undefined ? null : `machine:${about}`,
      own,
      machines: JSON.stringify(machineIds),
    })
    const page = cutPage(rows, limit, (row) => [row.audit_id])
    const next = page.cursor ?? (from > 1 ? encodeCursor([from]) : null)
    return { entries: page.rows.map(fromRow), cursor: next }
  }

  return {
    append: (entry, now) => append.immediate(entry, now),
    page: ({ about, cursor, limit, reader }) => {
      const [before] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(cursor, [0])
      if (reader !== null) return pageOf(reader, { about, before, limit })
      const range = { before, limit: limit + 1 }
      const rows =
        about === undefined
          ? selectPage.all(range)
          : selectAbout.all({ ...range, about, machine: `machine:${about}` })
      const page = cutPage(rows, limit, (row) => [row.audit_id])
      return { entries: page.rows.map(fromRow), cursor: page.cursor }
    },
    head: () => selectLast.get() ?? null,
    chained: (afterId, limit) => selectChained.all({ afterId, limit }).map(toChained),
  }
}

function toChained(row: AuditRow): ChainedRecord {
  const { at, actor, action, subject, hash } = row
  const link = { detailsJson: row.details_json, prevHash: row.prev_hash, hash }
  return { auditId: row.audit_id, at, actor, action, subject, ...link }
}

function fromRow(row: AuditRow): StoredAuditEntry {
  const { at, actor, action, subject } = row
  const details = JSON.parse(row.details_json) as unknown
  return { auditId: row.audit_id, at, actor, action, subject, details }
}
