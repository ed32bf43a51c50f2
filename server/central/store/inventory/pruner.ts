/** Forgets streams that have been gone for long, and items that no stream points to any more. */
import type { WriterParts } from './delta-writer.ts'

/**
 * At most `limit` streams; returns how many. Their numbers are never given again. The texts of the dictionaries
 * stay: most are used by others, and to know which are not, all items would have to be looked at.
 */
export function createPruner({ db, dictionaries, items, counts }: WriterParts) {
  const select = db.prepare<[number, number], { streamId: number; itemNo: number }>(`
    SELECT stream_id AS streamId, item_no AS itemNo FROM stream
    WHERE gone_at < ? ORDER BY gone_at LIMIT ?
  `)
  const deleteStream = db.prepare<[number]>('DELETE FROM stream WHERE stream_id = ?')
  const deleteItem = db.prepare<[{ itemNo: number }], { classNo: number }>(`
    DELETE FROM item WHERE item_no = @itemNo AND NOT EXISTS (SELECT 1 FROM stream WHERE item_no = @itemNo)
    RETURNING class_no AS classNo
  `)
  return (goneBefore: number, limit: number): number => {
    const rows = select.all(goneBefore, limit)
    if (rows.length === 0) return 0
    // Items of this very transaction count before they may be taken away, and none may be known that is not there.
    dictionaries.writeClasses()
    counts.flush()
    for (const { streamId } of rows) deleteStream.run(streamId)
    for (const itemNo of new Set(rows.map((row) => row.itemNo))) {
      const deleted = deleteItem.get({ itemNo })
      if (deleted !== undefined) counts.removedItem(deleted.classNo)
    }
    items.forget()
    return rows.length
  }
}
