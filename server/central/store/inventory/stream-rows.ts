/** Rows of `stream`, for the writer: those of a delta are inserted many at a time, since most are new. */
import type { Database } from 'better-sqlite3'
import { boundCode, CODE_SQL, type Code, codeAt } from './code-columns.ts'
import type { FirstSeen } from './first-seen.ts'
import type { ItemEntry } from './items.ts'
import type { StreamColumns } from './prepared-delta.ts'

/** A row that was there before. */
export interface KnownStream {
  streamId: number
  itemNo: number
  modifiedAt: Code
  goneAt: number | null
}

export interface StreamsToInsert {
  columns: StreamColumns
  /** Of each. */
  items: readonly ItemEntry[]
  /** Of the volumes that `columns` has places of. */
  volumeNos: readonly number[]
  now: number
}

export interface StreamRows {
  /** `inserted` is told of each in turn, with the row that has its key already; nothing was inserted then. */
  insert(
    streams: StreamsToInsert,
    inserted: (place: number, streamId: number, known: KnownStream | null) => void,
  ): void
  find(volumeNo: number, identity: Code, streamNameNo: number): KnownStream | undefined
}

/** Of one statement. */
const ROWS_AT_ONCE = 32

export function createStreamRows(db: Database, firstSeen: FirstSeen): StreamRows {
  const { insertOne, insertSome, select } = prepare(db)
  const find = (volumeNo: number, identity: Code, streamNameNo: number) =>
    select.get(volumeNo, identity, streamNameNo)

  const columnsOf = ({ columns, items, volumeNos }: StreamsToInsert, place: number) => {
    const { itemNo, streamNameNo } = items[place] as ItemEntry
    return {
      volumeNo: volumeNos[columns.volumes[place] as number] as number,
      identity: codeAt(columns.identities, place),
      streamNameNo,
      itemNo,
      modifiedAt: codeAt(columns.modifiedAt, place),
    }
  }

  const insertRange: (
    streams: StreamsToInsert,
    from: number,
    to: number,
    inserted: Parameters<StreamRows['insert']>[1],
  ) => void = (streams, from, to, inserted) => {
    const firstId = firstSeen.next()
    const values: unknown[] = []
    for (let place = from; place < to; place += 1) {
      const row = columnsOf(streams, place)
      values.push(firstId + place - from, row.volumeNo)
      values.push(...boundCode(row.identity), row.streamNameNo, row.itemNo)
      values.push(...boundCode(row.modifiedAt))
    }
    const count = to - from
    const { changes } = (count === 1 ? insertOne : insertSome).run(values)
    if (changes === count) {
      firstSeen.take(streams.now, count)
      for (let place = from; place < to; place += 1) inserted(place, firstId + place - from, null)
      return
    }
    // Some keys are taken: by rows from before, or twice by this delta.
    const known = Array.from({ length: count }, (_, index) => {
      const { volumeNo, identity, streamNameNo } = columnsOf(streams, from + index)
      return find(volumeNo, identity, streamNameNo) as KnownStream
    })
    const isNew = ({ streamId }: KnownStream, index: number) => streamId === firstId + index
    const taken = known.findLastIndex(isNew) + 1
    if (taken > 0) firstSeen.take(streams.now, taken)
    known.forEach((row, index) => {
      inserted(from + index, row.streamId, isNew(row, index) ? null : row)
    })
  }

  return {
    find,
    insert: (streams, inserted) => {
      const count = streams.items.length
      let from = 0
      for (; from + ROWS_AT_ONCE <= count; from += ROWS_AT_ONCE) {
        insertRange(streams, from, from + ROWS_AT_ONCE, inserted)
      }
      for (; from < count; from += 1) insertRange(streams, from, from + 1, inserted)
    },
  }
}

function prepare(db: Database) {
  const row = `(?, ?, ${CODE_SQL}, ?, ?, ${CODE_SQL})`
  // The unique index says what is known while the rows are written, without being asked before. OR IGNORE: nothing
  // need be kept to undo this statement alone.
  const insert = (rows: number) =>
    db.prepare<[unknown[]]>(`
      INSERT OR IGNORE INTO stream (stream_id, volume_no, identity, stream_name_no, item_no, modified_at)
      VALUES ${Array(rows).fill(row).join()}
    `)
  return {
    insertOne: insert(1),
    insertSome: insert(ROWS_AT_ONCE),
    select: db.prepare<[number, Code, number], KnownStream>(`
      SELECT stream_id AS streamId, item_no AS itemNo, modified_at AS modifiedAt, gone_at AS goneAt
      FROM stream WHERE volume_no = ? AND identity = ? AND stream_name_no = ?
    `),
  }
}
