/** Counts of a store that is being filled, summed in memory and written once. */
import type { Database } from 'better-sqlite3'
import type { ItemEntry } from '../../../server/central/store/inventory/items.ts'

export interface Tallies {
  add(item: ItemEntry): void
  /** All of this machine's streams were added. */
  endMachine(machineNo: number): void
  finish(itemsByClass: ReadonlyMap<number, number>): void
}

export function createTallies(db: Database): Tallies {
  const insertTally = db.prepare('INSERT INTO machine_tally VALUES (?, ?, ?)')
  const updateMachine = db.prepare(`
    UPDATE machine SET stream_count = ?, mark_count = ?, suspicious_count = ?, sequence = 1
    WHERE machine_no = ?`)
  const updateItem = db.prepare('UPDATE item SET live_count = ? WHERE item_no = ?')
  const updateClass = db.prepare(
    'UPDATE class SET live_count = ?, item_count = ? WHERE class_no = ?',
  )
  const byItem: number[] = []
  const byClass: number[] = []
  let byTally: number[] = []
  let counts = { streams: 0, marks: 0, suspicious: 0 }

  return {
    add: ({ itemNo, classNo, tallyNo, verdict }) => {
      byItem[itemNo] = (byItem[itemNo] ?? 0) + 1
      byClass[classNo] = (byClass[classNo] ?? 0) + 1
      byTally[tallyNo] = (byTally[tallyNo] ?? 0) + 1
      counts.streams += 1
      if (verdict === 'mark') counts.marks += 1
      if (verdict === 'suspicious') counts.suspicious += 1
    },
    endMachine: (machineNo) => {
      byTally.forEach((count, tallyNo) => {
        insertTally.run(machineNo, tallyNo, count)
      })
      updateMachine.run(counts.streams, counts.marks, counts.suspicious, machineNo)
      byTally = []
      counts = { streams: 0, marks: 0, suspicious: 0 }
    },
    finish: (itemsByClass) => {
      byItem.forEach((count, itemNo) => {
        updateItem.run(count, itemNo)
      })
      byClass.forEach((count, classNo) => {
        updateClass.run(count, itemsByClass.get(classNo) ?? 0, classNo)
      })
    },
  }
}
