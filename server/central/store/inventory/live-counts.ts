/**
 * How many streams that are not gone each item, class and machine has: summed in memory while a transaction
 * runs, and written once for each row at its end.
 */
import type { Database } from 'better-sqlite3'
import type { ItemEntry } from './items.ts'

export interface LiveCounts {
  add(
    machineNo: number,
    item: Pick<ItemEntry, 'itemNo' | 'classNo' | 'tallyNo'>,
    sign: 1 | -1,
  ): void
  /** A new item, whose row says already that it has so many streams. */
  added(itemNo: number, classNo: number, liveCount: number): void
  removedItem(classNo: number): void
  flush(): void
  forget(): void
}

export function createLiveCounts(db: Database): LiveCounts {
  const updateItem = db.prepare<[number, number]>(
    'UPDATE item SET live_count = live_count + ? WHERE item_no = ?',
  )
  // OR FAIL: nothing need be kept to undo this statement alone, which its triggers would make dear.
  const updateClass = db.prepare<[number, number, number]>(
    'UPDATE OR FAIL class SET live_count = live_count + ?, item_count = item_count + ? WHERE class_no = ?',
  )
  const upsertTally = db.prepare<[number, number, number]>(`
    INSERT INTO machine_tally (machine_no, tally_no, live_count) VALUES (?, ?, ?)
    ON CONFLICT (machine_no, tally_no) DO UPDATE SET live_count = live_count + excluded.live_count
  `)
  const items = new Map<number, number>()
  const classes = new Map<number, { live: number; items: number }>()
  const tallies = new Map<number, Map<number, number>>()

  const ofClass = (classNo: number): { live: number; items: number } => {
    let count = classes.get(classNo)
    if (count === undefined) {
      count = { live: 0, items: 0 }
      classes.set(classNo, count)
    }
    return count
  }
  const ofMachine = (machineNo: number): Map<number, number> => {
    let counts = tallies.get(machineNo)
    if (counts === undefined) {
      counts = new Map()
      tallies.set(machineNo, counts)
    }
    return counts
  }
  const forget = (): void => {
    items.clear()
    classes.clear()
    tallies.clear()
  }

  return {
    add: (machineNo, { itemNo, classNo, tallyNo }, sign) => {
      items.set(itemNo, (items.get(itemNo) ?? 0) + sign)
      ofClass(classNo).live += sign
      const machine = ofMachine(machineNo)
      machine.set(tallyNo, (machine.get(tallyNo) ?? 0) + sign)
    },
    added: (itemNo, classNo, liveCount) => {
      items.set(itemNo, (items.get(itemNo) ?? 0) - liveCount)
      ofClass(classNo).items += 1
    },
    removedItem: (classNo) => {
      ofClass(classNo).items -= 1
    },
    flush: () => {
      // In the order of the table: neighbours are on one page.
      for (const itemNo of Float64Array.from(items.keys()).sort()) {
        const count = items.get(itemNo) as number
        if (count !== 0) updateItem.run(count, itemNo)
      }
      for (const [classNo, { live, items: added }] of classes) {
        if (live !== 0 || added !== 0) updateClass.run(live, added, classNo)
      }
      for (const [machineNo, counts] of tallies) {
        for (const [tallyNo, count] of counts) {
          if (count !== 0) upsertTally.run(machineNo, tallyNo, count)
        }
      }
      forget()
    },
    forget,
  }
}
