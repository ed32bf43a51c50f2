/** One-time tokens, by their SHA-256. */
import type { Database } from 'better-sqlite3'

export interface EnrolmentStore {
  add(
    enrolment: { tokenHash: Buffer; createdBy: string; expiresAt: number; uses: number },
    now: number,
  ): void
  /** Uses the token once. Undefined, changing nothing: unknown, expired or used up. */
  use(tokenHash: Buffer, now: number): { enrolmentNo: number } | undefined
  /** The token whatever its state, as long as it has not expired. */
  find(tokenHash: Buffer, now: number): { enrolmentNo: number } | undefined
}

export function createEnrolmentStore(db: Database): EnrolmentStore {
  const insert = db.prepare<Record<string, unknown>>(`
    INSERT INTO enrolment (token_hash, created_by, created_at, expires_at, uses, uses_left)
    VALUES (@tokenHash, @createdBy, @now, @expiresAt, @uses, @uses)
  `)
  const use = db.prepare<{ tokenHash: Buffer; now: number }, { enrolmentNo: number }>(`
    UPDATE enrolment SET uses_left = uses_left - 1
    WHERE token_hash = @tokenHash AND uses_left > 0 AND expires_at > @now
    RETURNING enrolment_no AS enrolmentNo
  `)
  const select = db.prepare<{ tokenHash: Buffer; now: number }, { enrolmentNo: number }>(`
    SELECT enrolment_no AS enrolmentNo FROM enrolment
    WHERE token_hash = @tokenHash AND expires_at > @now
  `)
  return {
    add: (enrolment, now) => void insert.run({ ...enrolment, now }),
    use: (tokenHash, now) => use.get({ tokenHash, now }),
    find: (tokenHash, now) => select.get({ tokenHash, now }),
  }
}
