import type Database from 'better-sqlite3'
import type { CarrierKind, ReportedStream } from '../../protocol/stream.ts'

/** What is kept beside the removed bytes, for people and for restore. */
export interface QuarantineEntry {
  readonly targetId: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly kind: CarrierKind
  /** Carrier's last write before the strip. */
  readonly modifiedNs: bigint
  /** The stream as the inventory had it; null if no scan had seen it. */
  readonly report: ReportedStream | null
  readonly root: string
  readonly quarantinedAt: string
  readonly restoredAt: string | null
}

/** Every statement on `quarantine`. An entry says that its file is complete and on disk. */
export interface QuarantineStore {
  find(targetId: string): QuarantineEntry | undefined
  add(entry: QuarantineEntry): void
  markRestored(targetId: string, at: string): void
  remove(targetId: string): void
}

interface QuarantineRow {
  target_id: string
  size_bytes: number
  sha256: string
  kind: CarrierKind
  modified_ns: string
  report: string | null
  root: string
  quarantined_at: string
  restored_at: string | null
}

export function createQuarantineStore(db: Database.Database): QuarantineStore {
  const find = db.prepare<[string], QuarantineRow>(`
    SELECT target_id, size_bytes, sha256, kind, modified_ns, report, root, quarantined_at, restored_at
    FROM quarantine WHERE target_id = ?
  `)
  const add = db.prepare(`
    INSERT INTO quarantine (target_id, size_bytes, sha256, kind, modified_ns, report, root, quarantined_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  `)
  const markRestored = db.prepare('UPDATE quarantine SET restored_at = ? WHERE target_id = ?')
  const remove = db.prepare('DELETE FROM quarantine WHERE target_id = ?')
  return {
    find(targetId) {
      const row = find.get(targetId)
      return row && toEntry(row)
    },
    add(entry) {
      add.run(
        entry.targetId,
        entry.sizeBytes,
        entry.sha256,
        entry.kind,
        entry.modifiedNs.toString(),
        entry.report === null ? null : JSON.stringify(entry.report),
        JSON.stringify(entry.root),
        entry.quarantinedAt,
      )
    },
    markRestored: (targetId, at) => void markRestored.run(at, targetId),
    remove: (targetId) => void remove.run(targetId),
  }
}

function toEntry(row: QuarantineRow): QuarantineEntry {
  return {
    targetId: row.target_id,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    kind: row.kind,
    modifiedNs: BigInt(row.modified_ns),
    report: row.report === null ? null : JSON.parse(row.report),
    root: JSON.parse(row.root),
    quarantinedAt: row.quarantined_at,
    restoredAt: row.restored_at,
  }
}
