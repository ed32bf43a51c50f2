/**
 * Numbers for new streams, and when they were first seen. Numbers go up with time and are never given twice, so
 * the time need not stand in each row: it is kept where it changes.
 */
import type { Database } from 'better-sqlite3'

export interface FirstSeen {
  /** The number for a stream that is first seen now; given only by {@link FirstSeen.take}. */
  next(): number
  /** This many, from the next one on. */
  take(now: number, count: number): void
  /** The next number is this one, or a higher one that it is already. */
  skipTo(streamId: number): void
  flush(): void
  forget(): void
}

const MS_PER_SECOND = 1_000

export function createFirstSeen(db: Database): FirstSeen {
  const selectNext = db.prepare<[], { next: number }>('SELECT next_stream_id AS next FROM engine')
  const updateNext = db.prepare<[number]>('UPDATE engine SET next_stream_id = ?')
  const selectLast = db.prepare<[], { seenAt: number }>(
    'SELECT seen_at AS seenAt FROM first_seen ORDER BY first_stream_id DESC LIMIT 1',
  )
  const insert = db.prepare<[number, number]>('INSERT INTO first_seen VALUES (?, ?)')
  let next = 0
  let second = 0
  let isChanged = false

  const load = (): void => {
    next = selectNext.get()!.next
    second = secondOf(selectLast.get()?.seenAt ?? -1)
    isChanged = false
  }
  load()

  return {
    next: () => next,
    take: (now, count) => {
      if (secondOf(now) !== second) {
        insert.run(next, now)
        second = secondOf(now)
      }
      next += count
      isChanged = true
    },
    skipTo: (streamId) => {
      next = Math.max(next, streamId)
      isChanged = true
    },
    flush: () => {
      if (isChanged) updateNext.run(next)
      isChanged = false
    },
    forget: load,
  }
}

function secondOf(ms: number): number {
  return Math.floor(ms / MS_PER_SECOND)
}
