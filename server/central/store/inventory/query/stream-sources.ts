/** Streams by what only they have: when they came, when they went, and whose they are. */
import type { NumberList } from './number-lists.ts'
import type { SearchContext } from './search-context.ts'
import type { Candidate, Key, Source } from './source.ts'

type Described = Pick<Source, 'driver' | 'order' | 'estimate'>

/** Inclusive. */
export interface StreamRange {
  readonly from: number
  readonly to: number
}

/** A range of stream_id, which goes up with the time of the first report; newest first. Key: stream_id. */
export function streamsOfRange(
  context: SearchContext,
  { from, to }: StreamRange,
  described: Described,
): Source {
  const select = context.prepare(
    'SELECT stream_id FROM stream NOT INDEXED WHERE stream_id >= ? AND stream_id < ? ORDER BY stream_id DESC LIMIT ?',
  )
  return {
    of: 'streams',
    ...described,
    next(after, limit) {
      const before = (after?.[0] as number | undefined) ?? to + 1
      const candidates = select.all(from, before, limit).map(toCandidate)
      return { candidates, next: candidates.length < limit ? null : candidates.at(-1)!.key }
    },
  }
}

/** Those that went, latest first. Key: gone_at, stream_id. */
export function streamsThatWent(
  context: SearchContext,
  range: { from: number | null; to: number | null },
  described: Described,
): Source {
  const select = context.prepare(`
    SELECT gone_at, stream_id FROM stream INDEXED BY stream_by_gone
    WHERE gone_at IS NOT NULL AND gone_at >= ? AND (gone_at, stream_id) < (?, ?)
    ORDER BY gone_at DESC, stream_id DESC LIMIT ?`)
  return {
    of: 'streams',
    ...described,
    next(after, limit) {
      const [at, streamId] = after ?? [range.to ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
      const rows = select.all(range.from ?? Number.MIN_SAFE_INTEGER, at, streamId, limit)
      const candidates = rows.map((row) => ({ key: row as Key, no: row[1] as number }))
      return { candidates, next: rows.length < limit ? null : candidates.at(-1)!.key }
    },
  }
}

/** Volume after volume, each one's streams newest first. Key: volume_no, stream_id. */
export function streamsOfVolumes(
  context: SearchContext,
  volumes: NumberList,
  described: Described,
): Source {
  const select = context.prepare(
    'SELECT stream_id FROM stream WHERE volume_no = ? AND +stream_id < ? ORDER BY +stream_id DESC LIMIT ?',
  )
  return {
    of: 'streams',
    ...described,
    next(after, limit) {
      const candidates: Candidate[] = []
      const take = (volumeNo: number, before: number): boolean => {
        for (const row of select.all(volumeNo, before, limit - candidates.length)) {
          candidates.push({ key: [volumeNo, row[0] as number], no: row[0] as number })
        }
        return candidates.length >= limit
      }
      const at = (after?.[0] as number | undefined) ?? null
      if (after?.[1] !== undefined && take(at as number, after[1] as number)) {
        return { candidates, next: candidates.at(-1)!.key }
      }
      const { numbers, next } = volumes.next(at, limit)
      for (const volumeNo of numbers) {
        context.check()
        if (take(volumeNo, Number.MAX_SAFE_INTEGER)) {
          return { candidates, next: candidates.at(-1)!.key }
        }
      }
      return { candidates, next: next === null ? null : [next] }
    },
  }
}

/** The streams of few volumes together, newest first. Key: stream_id. */
export function streamsOfFewVolumes(
  context: SearchContext,
  volumes: readonly number[],
  described: Described,
): Source {
  // The index has the stream_id: some thousands of them are sorted in a millisecond.
  const select = context.prepare(
    'SELECT stream_id FROM stream WHERE volume_no IN (SELECT value FROM json_each(?)) AND +stream_id < ? ORDER BY +stream_id DESC LIMIT ?',
  )
  const list = JSON.stringify(volumes)
  return {
    of: 'streams',
    ...described,
    next(after, limit) {
      const before = (after?.[0] as number | undefined) ?? Number.MAX_SAFE_INTEGER
      const candidates = select.all(list, before, limit).map(toCandidate)
      return { candidates, next: candidates.length < limit ? null : candidates.at(-1)!.key }
    },
  }
}

function toCandidate(row: readonly (string | number | null)[]): Candidate {
  return { key: [row[0] as number], no: row[0] as number }
}
