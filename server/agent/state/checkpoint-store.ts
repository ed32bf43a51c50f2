import type Database from 'better-sqlite3'

/** Up to where each volume's change journal is in the inventory, by scope root. */
export interface CheckpointStore {
  find(root: string): string | null
  /** To be called in the transaction that brings the inventory there. */
  set(root: string, checkpoint: string): void
  remove(root: string): void
}

export function createCheckpointStore(db: Database.Database): CheckpointStore {
  const find = db.prepare('SELECT checkpoint FROM checkpoint WHERE root = ?').pluck()
  const set = db.prepare(`
    INSERT INTO checkpoint (root, checkpoint) VALUES (?, ?)
    ON CONFLICT (root) DO UPDATE SET checkpoint = excluded.checkpoint
  `)
  const remove = db.prepare('DELETE FROM checkpoint WHERE root = ?')
  return {
    find: (root) => (find.get(JSON.stringify(root)) as string | undefined) ?? null,
    set: (root, checkpoint) => void set.run(JSON.stringify(root), checkpoint),
    remove: (root) => void remove.run(JSON.stringify(root)),
  }
}
