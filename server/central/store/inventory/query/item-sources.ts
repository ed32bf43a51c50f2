/** Items by the indexes on them: by class, folder, name, referrer, content, size, or all of them. */
import type { NumberList } from './number-lists.ts'
import type { SearchContext } from './search-context.ts'
import type { Batch, Candidate, Key, Source } from './source.ts'

/** One index: the items of one number (a class, a folder), in the order of what follows in the index. */
interface ItemIndex {
  readonly name: string
  readonly column: string
  /** The rest of the index; item_no comes last. */
  readonly keys: readonly string[]
}

export const BY_CLASS: ItemIndex = { name: 'item_by_class', column: 'class_no', keys: ['item_no'] }
export const BY_FOLDER: ItemIndex = {
  name: 'item_by_folder',
  column: 'folder_no',
  keys: ['item_no'],
}
export const BY_NAME: ItemIndex = {
  name: 'item_by_carrier',
  column: 'name_no',
  keys: ['folder_no', 'fingerprint', 'item_no'],
}
export const BY_REFERRER: ItemIndex = {
  name: 'item_by_referrer',
  column: 'referrer_no',
  keys: ['item_no'],
}

type Described = Pick<Source, 'driver' | 'order' | 'estimate'>

/** The items of each number of a list, number after number. Key: the number, then the rest of the index. */
export function itemsOfList(
  context: SearchContext,
  index: ItemIndex,
  list: NumberList,
  described: Described,
): Source {
  const keys = index.keys.join(', ')
  const order = index.keys.map((key) => `${key} DESC`).join(', ')
  const marks = index.keys.map(() => '?').join(', ')
  const select = `SELECT ${keys} FROM item INDEXED BY ${index.name} WHERE ${index.column} = ?`
  const first = context.prepare(`${select} ORDER BY ${order} LIMIT ?`)
  const rest = context.prepare(`${select} AND (${keys}) < (${marks}) ORDER BY ${order} LIMIT ?`)
  return {
    of: 'items',
    ...described,
    next(after, limit) {
      const candidates: Candidate[] = []
      const take = (no: number, rows: readonly (string | number | null)[][]): boolean => {
        for (const row of rows) {
          candidates.push({ key: [no, ...(row as number[])], no: row.at(-1) as number })
        }
        return candidates.length >= limit
      }
      let at: number | null = null
      if (after !== null) {
        at = after[0] as number
        // A key of the number alone: its items are done.
        if (after.length > 1 && take(at, rest.all(at, ...after.slice(1), limit))) {
          return { candidates, next: candidates.at(-1)!.key }
        }
      }
      const { numbers, next } = list.next(at, limit)
      for (const no of numbers) {
        context.check()
        if (take(no, first.all(no, limit - candidates.length))) {
          return { candidates, next: candidates.at(-1)!.key }
        }
      }
      return { candidates, next: next === null ? null : [next] }
    },
  }
}

/** The items of a few classes together, newest first. Key: item_no. */
export function itemsOfClasses(
  context: SearchContext,
  classes: readonly number[],
  described: Described,
): Source {
  const select = context.prepare(
    'SELECT item_no FROM item INDEXED BY item_by_class WHERE class_no = ? AND item_no < ? ORDER BY item_no DESC LIMIT ?',
  )
  return {
    of: 'items',
    ...described,
    next(after, limit) {
      const before = (after?.[0] as number | undefined) ?? Number.MAX_SAFE_INTEGER
      const all: number[] = []
      // Below the last one of a class that has more, others of that class may be missing.
      let complete = 0
      for (const classNo of classes) {
        const found = select.all(classNo, before, limit).map((row) => row[0] as number)
        if (found.length === limit) complete = Math.max(complete, found.at(-1)!)
        for (const itemNo of found) all.push(itemNo)
      }
      const sorted = all.filter((itemNo) => itemNo >= complete).sort((a, b) => b - a)
      const taken = sorted.slice(0, limit)
      const isEnd = complete === 0 && taken.length === sorted.length
      return batchOf(taken, isEnd)
    },
  }
}

/** Every item, newest first. Key: item_no. */
export function allItems(context: SearchContext, described: Described): Source {
  const select = context.prepare(
    'SELECT item_no FROM item NOT INDEXED WHERE item_no < ? ORDER BY item_no DESC LIMIT ?',
  )
  return {
    of: 'items',
    ...described,
    next(after, limit) {
      const before = (after?.[0] as number | undefined) ?? Number.MAX_SAFE_INTEGER
      const taken = select.all(before, limit).map((row) => row[0] as number)
      return batchOf(taken, taken.length < limit)
    },
  }
}

/** Items by the beginning of their content's hash, in hex; at least four digits. Key: four bytes, item_no. */
export function itemsOfHash(context: SearchContext, prefix: string, described: Described): Source {
  const head = prefix.toLowerCase().slice(0, 8)
  const [from, to] = [head.padEnd(8, '0'), head.padEnd(8, 'f')]
  const select = context.prepare(`
    SELECT hex(substr(sha256, 1, 4)), item_no FROM item INDEXED BY item_by_sha256
    WHERE sha256 IS NOT NULL AND substr(sha256, 1, 4) BETWEEN unhex(?) AND unhex(?)
      AND (substr(sha256, 1, 4), item_no) < (unhex(?), ?)
    ORDER BY substr(sha256, 1, 4) DESC, item_no DESC LIMIT ?`)
  return keyed(described, (after, limit) =>
    select.all(
      from,
      after?.[0] ?? to,
      after?.[0] ?? to,
      after?.[1] ?? Number.MAX_SAFE_INTEGER,
      limit,
    ),
  )
}

/** Items by size, the largest first. Key: size, item_no. */
export function itemsOfSize(
  context: SearchContext,
  range: { min: number | null; max: number | null },
  described: Described,
): Source {
  const select = context.prepare(`
    SELECT size_bytes, item_no FROM item INDEXED BY item_by_size
    WHERE size_bytes >= ? AND (size_bytes, item_no) < (?, ?)
    ORDER BY size_bytes DESC, item_no DESC LIMIT ?`)
  const most = range.max ?? Number.MAX_SAFE_INTEGER
  return keyed(described, (after, limit) =>
    select.all(range.min ?? 0, after?.[0] ?? most, after?.[1] ?? Number.MAX_SAFE_INTEGER, limit),
  )
}

function keyed(
  described: Described,
  read: (after: Key | null, limit: number) => (string | number | null)[][],
): Source {
  return {
    of: 'items',
    ...described,
    next(after, limit) {
      const rows = read(after, limit) as (string | number)[][]
      const candidates = rows.map((row) => ({ key: row, no: row.at(-1) as number }))
      return { candidates, next: rows.length < limit ? null : candidates.at(-1)!.key }
    },
  }
}

function batchOf(numbers: readonly number[], isEnd: boolean): Batch {
  const candidates = numbers.map((no) => ({ key: [no], no }))
  return { candidates, next: isEnd ? null : candidates.at(-1)!.key }
}
