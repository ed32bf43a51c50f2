/**
 * Bytes of small streams that orders took away, kept by their hash. An agent's word for what it removed is not taken: what does
 * not hash to what its target names is not kept.
 */
import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { KeptContent, KeptContentPolicy } from '../../../protocol/api/kept-content.ts'
import type { Tells } from './tells.ts'

const DAY_MS = 86_400_000
/** Rows that one transaction forgets. */
const FORGET_ROWS = 1_000

/** What came with a receipt, and what the target says that it is. */
export interface BroughtContent {
  contentBase64: string
  sha256: Buffer
}

export function createKeptContent(db: Database, tells: Tells) {
  const sql = prepare(db)
  const state = (): KeptContent => {
    const { streams, bytes, ...policy } = sql.select.get()!
    return { policy, streams, bytes }
  }
  let isForgottenInWal = false
  const count = (streams: number, bytes: number): void => void sql.count.run(streams, bytes)

  return {
    state,

    /** Streams up to this size are asked for. */
    maxStreamBytes: (): number => sql.select.get()!.maxStreamBytes,

    keep: ({ contentBase64, sha256 }: BroughtContent, now: number): void => {
      const bytes = Buffer.from(contentBase64, 'base64')
      if (bytes.length > sql.select.get()!.maxStreamBytes) return
      if (!createHash('sha256').update(bytes).digest().equals(sha256)) return
      const isNew = sql.touch.run(now, sha256).changes === 0
      if (!isNew) return
      sql.insert.run(sha256, bytes, bytes.length, now)
      count(1, bytes.length)
    },

    find: (sha256: string): Buffer | undefined => sql.find.get(Buffer.from(sha256, 'hex'))?.bytes,

    /** What it does not allow any more is forgotten with the next ticks of the clock. */
    setPolicy: (policy: KeptContentPolicy, { actor, now }: { actor: string; now: number }) => {
      sql.setPolicy.run(policy)
      sql.outdate.run(policy.maxStreamBytes === 0 ? -1 : policy.maxStreamBytes)
      tells.audit(now, actor, 'kept-content.changed', 'orders', policy)
      return state()
    },

    /** True: there may be more to forget. */
    forgetSome: (now: number): boolean => {
      const { maxDays, maxBytes, bytes } = sql.select.get()!
      const old = sql.listOld.all(now - maxDays * DAY_MS, FORGET_ROWS)
      const rows = old.length > 0 || bytes <= maxBytes ? old : sql.listOldest.all(FORGET_ROWS)
      let left = bytes
      for (const { sha256, sizeBytes } of rows) {
        if (old.length === 0 && left <= maxBytes) break
        sql.forget.run(sha256)
        count(-1, -sizeBytes)
        left -= sizeBytes
        isForgottenInWal = true
      }
      return left < bytes
    },

    /** Pages with bytes that were forgotten are in the WAL until it is emptied, after the commit. */
    isForgottenInWal: (): boolean => isForgottenInWal,

    walEmptied: (): void => {
      isForgottenInWal = false
    },
  }
}

export type KeptContents = ReturnType<typeof createKeptContent>

function prepare(db: Database) {
  return {
    select: db.prepare<[], KeptContentPolicy & { streams: number; bytes: number }>(`
      SELECT max_stream_bytes AS maxStreamBytes, max_days AS maxDays, max_bytes AS maxBytes, streams, bytes
      FROM kept_content_policy
    `),
    count: db.prepare<[number, number]>(
      'UPDATE kept_content_policy SET streams = streams + ?, bytes = bytes + ?',
    ),
    touch: db.prepare<[number, Buffer]>('UPDATE kept_content SET kept_at = ? WHERE sha256 = ?'),
    insert: db.prepare<[Buffer, Buffer, number, number]>(
      'INSERT INTO kept_content (sha256, bytes, size_bytes, kept_at) VALUES (?, ?, ?, ?)',
    ),
    find: db.prepare<[Buffer], { bytes: Buffer }>(
      'SELECT bytes FROM kept_content WHERE sha256 = ? AND kept_at > 0',
    ),
    setPolicy: db.prepare<KeptContentPolicy>(`
      UPDATE kept_content_policy
      SET max_stream_bytes = @maxStreamBytes, max_days = @maxDays, max_bytes = @maxBytes
    `),
    outdate: db.prepare<[number]>('UPDATE kept_content SET kept_at = 0 WHERE size_bytes > ?'),
    listOld: db.prepare<[number, number], { sha256: Buffer; sizeBytes: number }>(`
      SELECT sha256, size_bytes AS sizeBytes FROM kept_content WHERE kept_at <= ? ORDER BY kept_at LIMIT ?
    `),
    listOldest: db.prepare<[number], { sha256: Buffer; sizeBytes: number }>(
      'SELECT sha256, size_bytes AS sizeBytes FROM kept_content ORDER BY kept_at LIMIT ?',
    ),
    forget: db.prepare<[Buffer]>('DELETE FROM kept_content WHERE sha256 = ?'),
  }
}
