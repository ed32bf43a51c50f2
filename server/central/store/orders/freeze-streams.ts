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
  /** How many of each class. */
  classes: Map<number, number>
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
    classes: new Map(),
    returned: 0,
  }
}

/** Streams of one statement: its JSON and its digest's text stay small. */
const CHUNK = 2_000

const CHANGED = 'changed: it was not the same any more while it was counted'
const ORDERED = 'ordered: an order that is still open names it already'

interface Before {
  streamId: number
  isOpen: number
}

export function createStreamFreezer(db: Database) {
  let chunkItems: Float64Array = new Float64Array(0)
  db.function('item_at', { directOnly: true }, (index) => chunkItems[index as number] ?? 0)
  // CROSS: in this order, which is the list's own.
  const insert = db.prepare<[number, number, number, string]>(`
    INSERT INTO main.target (target_no, preview_no, machine_no, stream_id, volume_no, folder_no, name_no,
      stream_name_no, identity, size_bytes, sha256)
    SELECT ? + j.key, ?, ?, s.stream_id, s.volume_no, i.folder_no, i.name_no, s.stream_name_no, s.identity,
      i.size_bytes, i.sha256
    FROM json_each(?) AS j
    CROSS JOIN stream AS s ON s.stream_id = j.value
    CROSS JOIN item AS i ON i.item_no = s.item_no
    WHERE s.item_no = item_at(j.key) AND s.gone_at IS NULL
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

    const freezeChunk = (
      machineNo: number,
      streamIds: number[],
      items: Float64Array,
      classes: number[],
    ): void => {
      chunkItems = items
      const json = JSON.stringify(streamIds)
      const from = firstNo + frozen.count
      const { changes } = insert.run(from, previewNo, machineNo, json)
      if (changes < streamIds.length) {
        const lost = selectLost.all(json, from, previewNo).map(({ key }) => key)
        // From the end: what is behind a gap moves up by as many as are before it.
        for (const key of lost.toReversed()) {
          classes[key] = -1
          closeGap.run(from + key + 1, from + streamIds.length, previewNo)
          exclude(CHANGED)
        }
      }
      for (const classNo of classes) {
        if (classNo >= 0) frozen.classes.set(classNo, (frozen.classes.get(classNo) ?? 0) + 1)
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
        const streamIds: number[] = []
        const classes: number[] = []
        const items = new Float64Array(CHUNK)
        for (; index < end && streamIds.length < CHUNK; index++) {
          const at = index * CANDIDATE_NUMBERS
          const streamId = candidates[at]!
          if (open.has(streamId)) {
            exclude(ORDERED)
            continue
          }
          if (stripped.has(streamId)) frozen.returned += 1
          items[streamIds.length] = candidates[at + 1]!
          streamIds.push(streamId)
          classes.push(candidates[at + 2]!)
        }
        if (streamIds.length > 0) freezeChunk(machineNo, streamIds, items, classes)
        yield
      }
      const frozenHere = firstNo + frozen.count - machineFirst
      if (frozenHere > 0) {
        frozen.machines.push({ machineNo, firstNo: machineFirst, count: frozenHere })
      }
    }
  }
}

/** Adds targets to a digest, each as one line, and returns the sum of their sizes. Also for lists that are no selection. */
export function createTargetDigest(db: Database) {
  const selectLines = db.prepare<[number, number], { lines: string | null; bytes: number | null }>(`
    SELECT group_concat(t.machine_no || ' ' || ifnull(t.volume_no, x.volume_id) || ' ' || t.identity || ' '
      || t.size_bytes || ' ' || ifnull(hex(t.sha256), '-') || ' ' || ifnull(t.stream_name_no, hex(x.stream_utf16))
      || ' ' || ifnull(t.folder_no || ' ' || t.name_no, hex(x.path_utf16)), char(10)) AS lines,
      sum(t.size_bytes) AS bytes
    FROM main.target AS t LEFT JOIN target_text AS x USING (target_no)
    WHERE t.target_no BETWEEN ? AND ?
  `)
  return (hash: Hash, from: number, to: number): number => {
    const { lines, bytes } = selectLines.get(from, to)!
    if (lines !== null) hash.update(lines).update('\n')
    return bytes ?? 0
  }
}
