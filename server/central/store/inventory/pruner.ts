/** Forgets streams that have been gone for long, and items that no stream points to any more. */
import type { ClassPlace } from './classes.ts'
import type { WriterParts } from './delta-writer.ts'

/**
 * At most `limit` streams; returns how many. Their numbers are never given again. The texts of the dictionaries
 * stay: most are used by others, and to know which are not, all items would have to be looked at.
 */
export function createPruner({ db, items, counts }: WriterParts) {
  const select = db.prepare<[number, number], { streamId: number; itemNo: number }>(`
    SELECT stream_id AS streamId, item_no AS itemNo FROM stream
    WHERE gone_at < ? ORDER BY gone_at LIMIT ?
  `)
  const deleteStream = db.prepare<[number]>('DELETE FROM stream WHERE stream_id = ?')
  const selectClass = db.prepare<[number], ClassPlace>(`
    SELECT k.class_no AS classNo, k.family_no AS familyNo, k.host_no AS hostNo
    FROM item AS i JOIN class_key AS k USING (class_no) WHERE i.item_no = ?
  `)
  const deleteItem = db.prepare<[{ itemNo: number }]>(`
    DELETE FROM item WHERE item_no = @itemNo AND NOT EXISTS (SELECT 1 FROM stream WHERE item_no = @itemNo)
  `)
  return (goneBefore: number, limit: number): number => {
    const rows = select.all(goneBefore, limit)
    if (rows.length === 0) return 0
    // Items of this very transaction count before they may be taken away, and none may be known that is not there.
    items.write()
    counts.flush()
    for (const { streamId } of rows) deleteStream.run(streamId)
    for (const itemNo of new Set(rows.map((row) => row.itemNo))) {
      const ofClass = selectClass.get(itemNo)!
      if (deleteItem.run({ itemNo }).changes === 1) counts.removedItem(ofClass)
    }
    items.forget()
    return rows.length
  }
}
