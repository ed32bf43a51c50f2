/**
 * All streams that an order over a query, or over chosen streams, would name, machine by machine; and why not the others. One read
 * transaction, so that every stream is in it once and as it was at one moment.
 */
import type { OrderAction } from '../../../../protocol/order.ts'
import type { VerdictName } from '../../../../protocol/stream.ts'
import { AppError } from '../../../../shared/app-error.ts'
import { exclusionReason } from '../../../../streams/exclusion.ts'
import { fromUtf16 } from '../../utf16.ts'
import type { StreamFilter } from '../inventory-engine.ts'
import { decides } from './bounds.ts'
import { walkPlan } from './count.ts'
import { joinsFor } from './joins.ts'
import { PRESENCE_SQL } from './matcher.ts'
import { type Planned, planSearch, readFleet, undecidedByItem } from './plan.ts'
import type { SearchContext } from './search-context.ts'
import { type Sql, TRUE } from './sql.ts'

/** `machineNos` as in a filter: what is elsewhere is as little known as what never was. */
export type SelectionRequest =
  | { filter: StreamFilter }
  | { streamIds: readonly number[]; machineNos?: readonly number[] | null }

/** How many numbers {@link TargetSelection.candidates} has for each stream. */
export const CANDIDATE_NUMBERS = 3

export interface TargetSelection {
  /**
   * stream_id, item_no, and class_no twice with 1 added on a volume that is no NTFS (a shared folder); machine after
   * machine by hostname. Memory that threads share.
   */
  candidates: Float64Array
  /** In that order. `count` streams each. */
  machines: { machineNo: number; count: number }[]
  excluded: { reason: string; count: number }[]
}

export function selectTargets(
  context: SearchContext,
  request: SelectionRequest,
  action: OrderAction,
  max: number,
): TargetSelection {
  const { db } = context
  db.exec('BEGIN')
  try {
    const chosen = createChosen(context, action, max)
    if ('filter' in request) walk(context, request.filter, chosen)
    else chosen.named(request.streamIds, request.machineNos ?? null)
    return chosen.finish()
  } finally {
    db.exec('COMMIT')
  }
}

function walk(context: SearchContext, filter: StreamFilter, chosen: Chosen): void {
  const fleet = readFleet(context)
  const planned = planSearch(context, filter, fleet)
  if (planned.best.estimate >= DENSE * fleet.streams) {
    walkAll(context, planned, chosen)
    return
  }
  walkPlan(context, planned, TRUE, Number.POSITIVE_INFINITY, {
    item: (matcher, item) => {
      chosen.streams(matcher.streamsOf(item, Number.MAX_SAFE_INTEGER, -1))
      context.check()
    },
    streams: (_, streamIds) => chosen.streams(streamIds),
  })
}

/** Of all streams: from here on it is sooner to go through all of them, in the order in which they lie, than from item to item. */
const DENSE = 0.02

/** Which items can match first; then every stream, of which SQL compares only what its item does not say. */
function walkAll(context: SearchContext, { query, presence }: Planned, chosen: Chosen): void {
  const bounds = context.bounds(query, 'item')
  /** Class and readability of those that can match; 0: it cannot. */
  const lastItem = context.number('SELECT max(item_no) FROM item')
  const ofItem = new Float64Array(lastItem + 1)
  const items = `SELECT i.item_no, i.class_no * 2 + (i.sha256 IS NULL) FROM item AS i NOT INDEXED
    ${joinsFor(['i'], bounds.possible)} WHERE i.item_no BETWEEN ? AND ? AND ${bounds.possible.sql}`
  eachRow(context, items, lastItem, bounds.possible, (row) => {
    ofItem[row[0]!] = row[1]!
  })
  const rest = decides(bounds)
    ? TRUE
    : context.bounds(undecidedByItem(context, query), 'stream').possible
  const present = PRESENCE_SQL[presence]
  const lastStream = context.number('SELECT max(stream_id) FROM stream')
  const streams = `SELECT s.stream_id, s.item_no, s.volume_no, s.gone_at IS NOT NULL FROM stream AS s NOT INDEXED
    ${joinsFor([], rest)} WHERE s.stream_id BETWEEN ? AND ? AND ${present.sql} AND ${rest.sql}`
  eachRow(context, streams, lastStream, rest, (row) => {
    const itemNo = row[1]!
    const item = ofItem[itemNo]!
    if (item === 0) return
    const traits = (item % 2) * UNREADABLE + row[3]! * GONE
    chosen.take(row[0]!, itemNo, Math.floor(item / 2), row[2]!, traits)
  })
}

/** Numbers of one statement: rows that come together cost half of rows that come one by one. */
const RANGE = 4_096

/** `text` takes a range of the numbers that go up to `last`, and then the parameters of its condition. */
function eachRow(
  context: SearchContext,
  text: string,
  last: number,
  { params }: Sql,
  visit: (row: number[]) => void,
): void {
  const statement = context.prepare(text)
  for (let from = 0; from <= last; from += RANGE) {
    for (const row of statement.all(from, from + RANGE - 1, ...params) as number[][]) visit(row)
    context.check()
  }
}

type Chosen = ReturnType<typeof createChosen>

function createChosen(context: SearchContext, action: OrderAction, max: number) {
  const volumes = readVolumes(context)
  const reasonOf = createReasons(context, action, volumes)
  const columns = createColumns(max)
  const excluded = new Map<string, number>()

  const take = (
    streamId: number,
    itemNo: number,
    classNo: number,
    volumeNo: number,
    traits: number,
  ) => {
    const reason = reasonOf(classNo, volumeNo, traits)
    if (reason === null) columns.add(streamId, itemNo, classNo, volumeNo)
    else excluded.set(reason, (excluded.get(reason) ?? 0) + 1)
  }

  const read = (streamIds: readonly number[]): number[][] =>
    context.all(
      `SELECT s.stream_id, s.item_no, i.class_no, s.volume_no,
           (i.sha256 IS NULL) * ${UNREADABLE} + (s.gone_at IS NOT NULL) * ${GONE}
         FROM json_each(?) AS j CROSS JOIN stream AS s ON s.stream_id = j.value
         CROSS JOIN item AS i ON i.item_no = s.item_no`,
      JSON.stringify(streamIds),
    ) as number[][]
  const takeAll = (found: readonly number[][]): void => {
    for (const row of found) take(row[0]!, row[1]!, row[2]!, row[3]!, row[4]!)
  }

  return {
    take,
    streams: (streamIds: readonly number[]): void => {
      if (streamIds.length > 0) takeAll(read(streamIds))
    },
    /** Ids that somebody chose, who may be for some machines only. */
    named: (streamIds: readonly number[], machineNos: readonly number[] | null): void => {
      const within = machineNos === null ? null : new Set(machineNos)
      const found = read(streamIds).filter(
        (row) => within === null || within.has(volumes[row[3]!]!.machineNo),
      )
      takeAll(found)
      const unknown = streamIds.length - found.length
      if (unknown > 0) {
        const reason = 'unknown: central has no such stream'
        excluded.set(reason, (excluded.get(reason) ?? 0) + unknown)
      }
    },
    finish: (): TargetSelection => {
      return {
        ...byMachine(columns, volumes),
        excluded: [...excluded].map(([reason, count]) => ({ reason, count })),
      }
    },
  }
}

const UNREADABLE = 1
const GONE = 2

interface Volume {
  machineNo: number
  isWritable: boolean
  isShare: boolean
  /** Of its machine among all, by hostname. */
  rank: number
}

function readVolumes(context: SearchContext): Volume[] {
  const volumes: Volume[] = []
  const rows = context.all(
    `SELECT v.volume_no, v.machine_no, ifnull(v.is_writable, 0),
       dense_rank() OVER (ORDER BY m.hostname, m.machine_no) - 1, v.volume_id NOT LIKE 'ntfs-%'
     FROM volume AS v JOIN machine AS m ON m.machine_no = v.machine_no`,
  ) as number[][]
  for (const [no, machineNo, isWritable, rank, isShare] of rows) {
    const volume = { machineNo: machineNo!, rank: rank! }
    volumes[no!] = { ...volume, isWritable: isWritable === 1, isShare: isShare === 1 }
  }
  return volumes
}

/** Few combinations, and very many streams; a class's family (it without its host) says all that matters, and is one of few. */
function createReasons(context: SearchContext, action: OrderAction, volumes: readonly Volume[]) {
  const familyOf = new Map<number, number>()
  const known = new Map<number, string | null>()

  const decide = (familyNo: number, traits: number, isVolumeWritable: boolean) => {
    const [row] = context.all(
      `SELECT sn.utf16, f.verdict FROM family AS f JOIN stream_name AS sn USING (stream_name_no)
       WHERE f.family_no = ?`,
      familyNo,
    ) as unknown as [Buffer, VerdictName][]
    const [utf16, verdict] = row!
    const sha256 = (traits & UNREADABLE) === 0 ? 'readable' : null
    const goneAt = (traits & GONE) === 0 ? null : 1
    const candidate = { stream: fromUtf16(utf16), verdict, sha256, goneAt, isVolumeWritable }
    return exclusionReason(candidate, action)
  }

  return (classNo: number, volumeNo: number, traits: number): string | null => {
    const { isWritable } = volumes[volumeNo]!
    let familyNo = familyOf.get(classNo)
    if (familyNo === undefined) {
      familyNo = context.number('SELECT family_no FROM class_key WHERE class_no = ?', classNo)
      familyOf.set(classNo, familyNo)
    }
    const key = familyNo * 8 + traits * 2 + Number(isWritable)
    const before = known.get(key)
    if (before !== undefined) return before
    const reason = decide(familyNo, traits, isWritable)
    known.set(key, reason)
    return reason
  }
}

const NUMBERS = CANDIDATE_NUMBERS + 1

/** Four numbers a row, in blocks: one array of millions would be copied each time it grows. */
function createColumns(max: number) {
  const BLOCK_ROWS = 65_536
  const blocks: Float64Array[] = []
  let count = 0
  return {
    count: () => count,
    blocks,
    rowsOf: (index: number) => Math.min(BLOCK_ROWS, count - index * BLOCK_ROWS),
    add: (streamId: number, itemNo: number, classNo: number, volumeNo: number): void => {
      if (count === max) {
        const message = `more than ${max} streams match: make several orders, for example by label`
        throw new AppError('ORDER_TOO_LARGE', 409, message)
      }
      const at = (count % BLOCK_ROWS) * NUMBERS
      if (at === 0) blocks.push(new Float64Array(BLOCK_ROWS * NUMBERS))
      const block = blocks[blocks.length - 1]!
      block[at] = streamId
      block[at + 1] = itemNo
      block[at + 2] = classNo
      block[at + 3] = volumeNo
      count += 1
    },
  }
}

/** Counted, then each put where its machine's begin: twice through, whatever the number of machines. */
function byMachine(
  found: ReturnType<typeof createColumns>,
  volumes: readonly Volume[],
): Pick<TargetSelection, 'candidates' | 'machines'> {
  const counts: number[] = []
  const machineNos: number[] = []
  const each = (visit: (block: Float64Array, at: number, volume: Volume) => void): void => {
    for (const [index, block] of found.blocks.entries()) {
      const end = found.rowsOf(index) * NUMBERS
      for (let at = 0; at < end; at += NUMBERS) visit(block, at, volumes[block[at + 3]!]!)
    }
  }
  each((_block, _at, { rank, machineNo }) => {
    counts[rank] = (counts[rank] ?? 0) + 1
    machineNos[rank] = machineNo
  })
  const machines: TargetSelection['machines'] = []
  const next: number[] = []
  let sum = 0
  counts.forEach((count, rank) => {
    machines.push({ machineNo: machineNos[rank]!, count })
    next[rank] = sum
    sum += count
  })
  const bytes = sum * CANDIDATE_NUMBERS * Float64Array.BYTES_PER_ELEMENT
  const candidates = new Float64Array(new SharedArrayBuffer(bytes))
  each((block, at, { rank, isShare }) => {
    const to = next[rank]! * CANDIDATE_NUMBERS
    candidates[to] = block[at]!
    candidates[to + 1] = block[at + 1]!
    candidates[to + 2] = block[at + 2]! * 2 + Number(isShare)
    next[rank] = next[rank]! + 1
  })
  return { candidates, machines }
}
