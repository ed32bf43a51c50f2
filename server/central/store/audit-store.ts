/**
 * The audit log: append-only, and chained. Each entry's hash covers its own fields and the hash of the
 * entry before, so that a changed, removed or reordered entry shows in {@link AuditStore.firstBroken}.
 * It does not stop somebody who rewrites the whole chain; a copy of the newest hash kept elsewhere does.
 */
import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { cutPage, decodeCursor } from './cursor.ts'

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

export interface AuditRequest {
  about?: string | undefined
  cursor?: string | undefined
  limit: number
}

export interface AuditStore {
  append(entry: NewAuditEntry, now: number): void
  /** Newest first; with `about`, only of that subject, and of what the machine with that id did. */
  page(page: AuditRequest): {
    entries: StoredAuditEntry[]
    cursor: string | null
  }
  /** The oldest entry that does not fit the chain; null: all do. Reads the whole log. */
  firstBroken(): number | null
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

const GENESIS = '0'.repeat(64)

const COLUMNS_SQL = 'audit_id, at, actor, action, subject, details_json, prev_hash, hash'

export function createAuditStore(db: Database): AuditStore {
  const selectLast = db.prepare<[], { hash: string }>(
    'SELECT hash FROM audit_entry ORDER BY audit_id DESC LIMIT 1',
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
  const selectAll = db.prepare<[], AuditRow>(
    `SELECT ${COLUMNS_SQL} FROM audit_entry ORDER BY audit_id`,
  )

  const append = db.transaction((entry: NewAuditEntry, now: number): void => {
    const row = {
      at: now,
      // Some of these come from outside. What is hashed must be what a TEXT column gives back.
      actor: entry.actor.toWellFormed(),
      action: entry.action,
      subject: entry.subject.toWellFormed(),
      details_json: JSON.stringify(entry.details),
      prev_hash: selectLast.get()?.hash ?? GENESIS,
    }
    insert.run({ ...row, hash: entryHash(row) })
  })

  return {
    append: (entry, now) => append.immediate(entry, now),
    page: ({ about, cursor, limit }) => {
      const [before] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(cursor, [0])
      const range = { before, limit: limit + 1 }
      const rows =
        about === undefined
          ? selectPage.all(range)
          : selectAbout.all({ ...range, about, machine: `machine:${about}` })
      const page = cutPage(rows, limit, (row) => [row.audit_id])
      return { entries: page.rows.map(fromRow), cursor: page.cursor }
    },
    firstBroken: () => {
      let previous = GENESIS
      for (const row of selectAll.iterate()) {
        if (row.prev_hash !== previous || row.hash !== entryHash(row)) return row.audit_id
        previous = row.hash
      }
      return null
    },
  }
}

/** An array, so that the order of the fields is part of the form. */
function entryHash(row: Omit<AuditRow, 'audit_id' | 'hash'>): string {
  const text = JSON.stringify([
    row.prev_hash,
    row.at,
    row.actor,
    row.action,
    row.subject,
    row.details_json,
  ])
  return createHash('sha256').update(text).digest('hex')
}

function fromRow(row: AuditRow): StoredAuditEntry {
  return {
    auditId: row.audit_id,
    at: row.at,
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    details: JSON.parse(row.details_json) as unknown,
  }
}
