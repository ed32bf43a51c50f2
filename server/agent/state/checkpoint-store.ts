import type Database from 'better-sqlite3'

export interface Checkpoint {
  readonly checkpoint: string
  /** A digest of those that the inventory behind it was scanned with. */
  readonly settings: string
}

/** Up to where each volume's change journal is in the inventory, by scope root. */
export interface CheckpointStore {
  find(root: string): Checkpoint | null
  /** To be called in the transaction that brings the inventory there. */
  set(root: string, checkpoint: Checkpoint): void
  remove(root: string): void
}

export function createCheckpointStore(db: Database.Database): CheckpointStore {
  const find = db.prepare('SELECT checkpoint, settings FROM checkpoint WHERE root = ?')
  const set = db.prepare(`
    INSERT INTO checkpoint (root, checkpoint, settings) VALUES (?, ?, ?)
    ON CONFLICT (root) DO UPDATE
      SET checkpoint = excluded.checkpoint, settings = excluded.settings
  `)
  const remove = db.prepare('DELETE FROM checkpoint WHERE root = ?')
  return {
    find: (root) => (find.get(JSON.stringify(root)) as Checkpoint | undefined) ?? null,
    set: (root, { checkpoint, settings }) =>
      void set.run(JSON.stringify(root), checkpoint, settings),
    remove: (root) => void remove.run(JSON.stringify(root)),
  }
}
