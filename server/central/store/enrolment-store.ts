/** Tokens that admit machines, by their SHA-256. */
import type { Database } from 'better-sqlite3'

export type Approval = 'automatic' | 'pending'

export interface NewEnrolment {
  tokenHash: Buffer
  createdBy: string
  expiresAt: number
  uses: number
  labels: readonly string[]
  approval: Approval
  /** A machine that central knows by what it says of itself is that machine again, with a new key. */
  takesBack: boolean
}

/** What an admitting token says of the machine. */
export interface UsedEnrolment {
  enrolmentNo: number
  labels: string[]
  approval: Approval
  takesBack: boolean
}

export interface StoredEnrolment extends UsedEnrolment {
  createdBy: string
  createdAt: number
  expiresAt: number
  uses: number
  usesLeft: number
  revokedAt: number | null
  revokedBy: string | null
}

export interface EnrolmentStore {
  /** Returns its number. */
  add(enrolment: NewEnrolment, now: number): number
  /** An approval, as the token that the one approved machine has used. `mark` is random. */
  addApproval(mark: Buffer, approvedBy: string, now: number): number
  /** Uses the token once. Undefined, changing nothing: unknown, expired, revoked or used up. */
  use(tokenHash: Buffer, now: number): UsedEnrolment | undefined
  /** The token, used up or not, as long as it has not expired and is not revoked. */
  find(tokenHash: Buffer, now: number): { enrolmentNo: number } | undefined
  findByNo(enrolmentNo: number): StoredEnrolment | undefined
  /** The newest ones; approvals are not among them. */
  list(limit: number): StoredEnrolment[]
  /** False: there is none, or it is revoked already. */
  revoke(enrolmentNo: number, revokedBy: string, now: number): boolean
}

type Named = Record<string, unknown>

interface Row {
  enrolmentNo: number
  labels: string
  approval: Approval
  takesBack: 0 | 1
}

type FullRow = Row & Omit<StoredEnrolment, keyof UsedEnrolment>

const USED_SQL = `
  enrolment_no AS enrolmentNo, labels_json AS labels, approval, takes_back AS takesBack`

const STORED_SQL = `${USED_SQL}, created_by AS createdBy, created_at AS createdAt,
  expires_at AS expiresAt, uses, uses_left AS usesLeft, revoked_at AS revokedAt, revoked_by AS revokedBy`

export function createEnrolmentStore(db: Database): EnrolmentStore {
  const insert = db.prepare<Named>(`
    INSERT INTO enrolment
      (token_hash, created_by, created_at, expires_at, uses, uses_left, labels_json, approval, takes_back)
    VALUES (@tokenHash, @createdBy, @now, @expiresAt, @uses, @uses, @labels, @approval, @takesBack)
  `)
  const insertApproval = db.prepare<Named>(`
    INSERT INTO enrolment (token_hash, created_by, created_at, expires_at, uses, uses_left, is_approval)
    VALUES (@mark, @approvedBy, @now, @now, 1, 0, 1)
  `)
  const use = db.prepare<Named, Row>(`
    UPDATE enrolment SET uses_left = uses_left - 1
    WHERE token_hash = @tokenHash AND uses_left > 0 AND expires_at > @now AND revoked_at IS NULL
    RETURNING ${USED_SQL}
  `)
  const select = db.prepare<Named, { enrolmentNo: number }>(`
    SELECT enrolment_no AS enrolmentNo FROM enrolment
    WHERE token_hash = @tokenHash AND expires_at > @now AND revoked_at IS NULL
  `)
  const selectByNo = db.prepare<Named, FullRow>(
    `SELECT ${STORED_SQL} FROM enrolment WHERE enrolment_no = @enrolmentNo`,
  )
  const selectAll = db.prepare<Named, FullRow>(`
    SELECT ${STORED_SQL} FROM enrolment WHERE is_approval = 0
    ORDER BY enrolment_no DESC LIMIT @limit
  `)
  const revoke = db.prepare<Named>(`
    UPDATE enrolment SET revoked_at = @now, revoked_by = @revokedBy
    WHERE enrolment_no = @enrolmentNo AND is_approval = 0 AND revoked_at IS NULL
  `)
  return {
    add: ({ labels, takesBack, ...enrolment }, now) => {
      const values = { labels: JSON.stringify(labels), takesBack: takesBack ? 1 : 0, now }
      return Number(insert.run({ ...enrolment, ...values }).lastInsertRowid)
    },
    addApproval: (mark, approvedBy, now) =>
      Number(insertApproval.run({ mark, approvedBy, now }).lastInsertRowid),
    use: (tokenHash, now) => {
      const row = use.get({ tokenHash, now })
      return row === undefined ? undefined : fromRow(row)
    },
    find: (tokenHash, now) => select.get({ tokenHash, now }),
    findByNo: (enrolmentNo) => {
      const row = selectByNo.get({ enrolmentNo })
      return row === undefined ? undefined : fromRow(row)
    },
    list: (limit) => selectAll.all({ limit }).map(fromRow),
    revoke: (enrolmentNo, revokedBy, now) =>
      revoke.run({ enrolmentNo, revokedBy, now }).changes > 0,
  }
}

function fromRow<Read extends Row>(
  row: Read,
): Omit<Read, 'labels' | 'takesBack'> & { labels: string[]; takesBack: boolean } {
  return { ...row, labels: JSON.parse(row.labels) as string[], takesBack: row.takesBack === 1 }
}
