/**
 * How many streams that are not gone each item, class, family, host and machine has: summed in memory while a
 * transaction runs, and written once for each row at its end. What is new takes its counts along when it is written.
 */
import type { Database } from 'better-sqlite3'
import type { ClassPlace } from './classes.ts'
import type { ItemEntry } from './items.ts'

export interface LiveCounts {
  add(machineNo: number, item: CountedItem, sign: 1 | -1): void
  addedItem(of: ClassPlace): void
  removedItem(of: ClassPlace): void
  addedClass(of: ClassPlace): void
  /** For the row of a new item. What comes after it is written is added to the row. */
  takeItem(itemNo: number): number
  /** For the row of a new class. */
  takeClass(classNo: number): { live: number; items: number }
  /** When all new rows are written. */
  flush(): void
  forget(): void
}

export type CountedItem = ClassPlace & Pick<ItemEntry, 'itemNo' | 'tallyNo'>

interface ClassCount {
  readonly of: ClassPlace
  live: number
  items: number
}

/** Of families, or of hosts. */
type GroupCounts = Map<number, { classes: number; live: number; items: number }>

export function createLiveCounts(db: Database): LiveCounts {
  const statements = prepare(db)
  const items = new Map<number, number>()
  const classes = new Map<number, ClassCount>()
  const families: GroupCounts = new Map()
  const hosts: GroupCounts = new Map()
  const tallies = new Map<number, Map<number, number>>()

  const ofClass = (of: ClassPlace): ClassCount => {
    let count = classes.get(of.classNo)
    if (count === undefined) {
      count = { of, live: 0, items: 0 }
      classes.set(of.classNo, count)
    }
    return count
  }
  const addToGroups = ({ familyNo, hostNo }: ClassPlace, more: Partial<ClassCount>, added = 0) => {
    addToGroup(families, familyNo, more, added)
    addToGroup(hosts, hostNo, more, added)
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
    for (const each of [items, classes, families, hosts, tallies]) each.clear()
  }

  return {
    add: (machineNo, item, sign) => {
      const { itemNo, tallyNo } = item
      items.set(itemNo, (items.get(itemNo) ?? 0) + sign)
      ofClass(item).live += sign
      const machine = ofMachine(machineNo)
      machine.set(tallyNo, (machine.get(tallyNo) ?? 0) + sign)
    },
    addedItem: (of) => {
      ofClass(of).items += 1
    },
    removedItem: (of) => {
      ofClass(of).items -= 1
    },
    addedClass: (of) => addToGroups(of, {}, 1),
    takeItem: (itemNo) => {
      const count = items.get(itemNo) ?? 0
      items.delete(itemNo)
      return count
    },
    takeClass: (classNo) => {
      const count = classes.get(classNo)
      if (count === undefined) return { live: 0, items: 0 }
      classes.delete(classNo)
      addToGroups(count.of, count)
      return count
    },
    flush: () => {
      // In the order of the table: neighbours are on one page.
      for (const itemNo of Float64Array.from(items.keys()).sort()) {
        const count = items.get(itemNo) as number
        if (count !== 0) statements.updateItem.run(count, itemNo)
      }
      for (const count of classes.values()) {
        const { of, live, items: added } = count
        if (live === 0 && added === 0) continue
        statements.updateClass.run(live, added, of.classNo)
        addToGroups(of, count)
      }
      for (const [table, groups] of [
        ['family', families],
        ['host', hosts],
      ] as const) {
        for (const [no, { classes: added, live, items: ofThem }] of groups) {
          statements.updateGroup[table].run(added, ofThem, live, no)
        }
      }
      for (const [machineNo, counts] of tallies) {
        for (const [tallyNo, count] of counts) {
          if (count !== 0) statements.upsertTally.run(machineNo, tallyNo, count)
        }
      }
      forget()
    },
    forget,
  }
}

function addToGroup(
  groups: GroupCounts,
  no: number,
  { live = 0, items = 0 }: Partial<ClassCount>,
  classes: number,
): void {
  const group = groups.get(no)
  if (group === undefined) {
    groups.set(no, { classes, live, items })
    return
  }
  group.classes += classes
  group.live += live
  group.items += items
}

function prepare(db: Database) {
  const updateGroup = (table: 'family' | 'host') =>
    db.prepare<[number, number, number, number]>(`
      UPDATE ${table} SET class_count = class_count + ?, item_count = item_count + ?, live_count = live_count + ?
      WHERE ${table}_no = ?
    `)
  return {
    updateItem: db.prepare<[number, number]>(
      'UPDATE item SET live_count = live_count + ? WHERE item_no = ?',
    ),
    updateClass: db.prepare<[number, number, number]>(
      'UPDATE class SET live_count = live_count + ?, item_count = item_count + ? WHERE class_no = ?',
    ),
    updateGroup: { family: updateGroup('family'), host: updateGroup('host') },
    upsertTally: db.prepare<[number, number, number]>(`
      INSERT INTO machine_tally (machine_no, tally_no, live_count) VALUES (?, ?, ?)
      ON CONFLICT (machine_no, tally_no) DO UPDATE SET live_count = live_count + excluded.live_count
    `),
  }
}
