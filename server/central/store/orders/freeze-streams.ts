/**
 * Freezes what a selection found: copies of the streams as they are, a chunk at a time, so that running orders go on between
 * two chunks. A stream that changed since the selection, or that an open order names, is left out and counted.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { CANDIDATE_NUMBERS, type TargetSelection } from '../inventory/query/select-targets.ts'

export interface FrozenSoFar {
  count: number
  bytes: number
  hash: Hash
  machines: { machineNo: number; firstNo: number; count: number }[]
  excluded: Map<string, number>
  /** How many of each class, and of it on shared folders: by the number that the selection has for both. */
  kinds: Uint32Array
  /** Of a list that is no selection of streams: what is known of it otherwise. */
  extensions: Map<string, number>
  /** By the inventory's number. */
  hosts: Map<number, number>
  /** Streams that were stripped before. */
  returned: number
}

export function nothingFrozen(): FrozenSoFar {
  return {
    count: 0,
    bytes: 0,
    hash: createHash('sha256'),
    machines: [],
    excluded: new Map(),
    kinds: new Uint32Array(0),
    extensions: new Map(),
    hosts: new Map(),
    returned: 0,
  }
}

/** Streams of one statement: its JSON and its digest's text stay below what the allocator asks the system for anew each time. */
const CHUNK = 500

/** Digits of SQLite's integers that any number can have. */
const MAX_DIGITS = 18

const CHANGED = 'changed: it was not the same any more while it was counted'
const ORDERED = 'ordered: an order that is still open names it already'

interface Before {
  streamId: number
  isOpen: number
}

export function createStreamFreezer(db: Database) {
  // Each value is a stream's number and, in its last digits, its item's: what a list can give SQL without a call for each
  // row. CROSS: in this order, which is the list's own.
  const insert = db.prepare<object>(`
    INSERT INTO main.target (target_no, preview_no, machine_no, stream_id, volume_no, folder_no, name_no,
      stream_name_no, identity, size_bytes, sha256)
    SELECT @from + j.key, @previewNo, @machineNo, s.stream_id, s.volume_no, i.folder_no, i.name_no,
      s.stream_name_no, s.identity, i.size_bytes, i.sha256
    FROM json_each(@streams) AS j
    CROSS JOIN stream AS s ON s.stream_id = j.value / CAST(@unit AS INTEGER)
    CROSS JOIN item AS i ON i.item_no = s.item_no
    WHERE s.item_no = j.value % CAST(@unit AS INTEGER) AND s.gone_at IS NULL
  `)
  const selectLost = db.prepare<[string, number, number], { key: number }>(`
    SELECT j.key FROM json_each(?) AS j
    LEFT JOIN main.target AS t ON t.target_no = ? + j.key AND t.preview_no = ?
    WHERE t.target_no IS NULL ORDER BY j.key
  `)
  const closeGap = db.prepare<[number, number, number]>(
    'UPDATE main.target SET target_no = target_no - 1 WHERE target_no BETWEEN ? AND ? AND preview_no = ?',
  )
  const digest = createTargetDigest(db)
  const selectBefore = db.prepare<[number], Before>(`
    SELECT t.stream_id AS streamId,
      (r.outcome IS NULL AND (t.target_no < m.next_no OR o.rest_state = 'queued')) AS isOpen
    FROM order_machine AS m JOIN strip_order AS o USING (order_no)
    CROSS JOIN main.target AS t ON t.target_no BETWEEN m.first_no AND m.last_no
    LEFT JOIN receipt AS r ON r.target_no = t.target_no
    WHERE m.machine_no = ? AND t.stream_id IS NOT NULL
      AND (r.outcome IS NULL OR (r.outcome = 'done' AND o.action = 'strip'))
  `)

  return function* freeze(
    previewNo: number,
    firstNo: number,
    { candidates, machines }: TargetSelection,
    frozen: FrozenSoFar,
  ): Generator<void, void, undefined> {
    const exclude = (reason: string): void =>
      void frozen.excluded.set(reason, (frozen.excluded.get(reason) ?? 0) + 1)

    const [lastStream, lastItem, lastKind] = largestOf(candidates)
    const digits = String(lastItem).length
    if (digits + String(lastStream).length > MAX_DIGITS)
      throw new Error(`streams up to ${lastStream} with items up to ${lastItem} are too many`)
    const unit = 10 ** digits
    frozen.kinds = new Uint32Array(lastKind + 1)
    const freezeChunk = (machineNo: number, streams: string[], kinds: number[]): void => {
      const json = `[${streams.join()}]`
      const from = firstNo + frozen.count
      const { changes } = insert.run({ from, previewNo, machineNo, unit, streams: json })
      if (changes < streams.length) {
        const lost = selectLost.all(json, from, previewNo).map(({ key }) => key)
        // From the end: what is behind a gap moves up by as many as are before it.
        for (const key of lost.toReversed()) {
          kinds[key] = -1
          closeGap.run(from + key + 1, from + streams.length, previewNo)
          exclude(CHANGED)
        }
      }
      for (const kind of kinds) {
        if (kind >= 0) frozen.kinds[kind]! += 1
      }
      frozen.bytes += digest(frozen.hash, from, from + changes - 1)
      frozen.count += changes
    }

    let index = 0
    for (const { machineNo, count } of machines) {
      const before = selectBefore.all(machineNo)
      const open = new Set(before.filter(({ isOpen }) => isOpen === 1).map((row) => row.streamId))
      const stripped = new Set(
        before.filter(({ isOpen }) => isOpen === 0).map((row) => row.streamId),
      )
      const machineFirst = firstNo + frozen.count
      for (const end = index + count; index < end; ) {
        const streams: string[] = []
        const kinds: number[] = []
        for (; index < end && streams.length < CHUNK; index++) {
          const at = index * CANDIDATE_NUMBERS
          const streamId = candidates[at]!
          if (open.has(streamId)) {
            exclude(ORDERED)
            continue
          }
          if (stripped.has(streamId)) frozen.returned += 1
          streams.push(`${streamId}${String(candidates[at + 1]).padStart(digits, '0')}`)
          kinds.push(candidates[at + 2]!)
        }
        if (streams.length > 0) freezeChunk(machineNo, streams, kinds)
        yield
      }
      const frozenHere = firstNo + frozen.count - machineFirst
      if (frozenHere > 0) {
        frozen.machines.push({ machineNo, firstNo: machineFirst, count: frozenHere })
      }
    }
  }
}

/** Of each of the numbers that candidates have. */
function largestOf(candidates: Float64Array): [stream: number, item: number, kind: number] {
  const largest: [number, number, number] = [0, 0, 0]
  for (let at = 0; at < candidates.length; at++) {
    const place = at % CANDIDATE_NUMBERS
    if (candidates[at]! > largest[place]!) largest[place] = candidates[at]!
  }
  return largest
}

/** Adds targets to a digest, each as one line, and returns the sum of their sizes. Also for lists that are no selection. */
export function createTargetDigest(db: Database) {
  // Nearly no target has texts of its own: they are looked up only where there are no numbers.
  const text = (value: string) =>
    `(SELECT ${value} FROM target_text AS x WHERE x.target_no = t.target_no)`
  const selectLines = db.prepare<[number, number], { lines: string | null; bytes: number | null }>(`
    SELECT group_concat(concat_ws(' ', t.machine_no, ifnull(t.volume_no, ${text('x.volume_id')}), t.identity,
        t.size_bytes, ifnull(hex(t.sha256), '-'), ifnull(t.stream_name_no, ${text('hex(x.stream_utf16)')}),
        ifnull(t.folder_no, ${text('hex(x.path_utf16)')}), t.name_no), char(10)) AS lines,
      sum(t.size_bytes) AS bytes
    FROM main.target AS t WHERE t.target_no BETWEEN ? AND ?
  `)
  return (hash: Hash, from: number, to: number): number => {
    const { lines, bytes } = selectLines.get(from, to)!
    if (lines !== null) hash.update(lines).update('\n')
    return bytes ?? 0
  }
}
