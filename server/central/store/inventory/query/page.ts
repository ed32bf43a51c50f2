/** One page of what a query finds: numbers of streams, and where the next page begins. */
import { AppError } from '../../../../shared/app-error.ts'
import type { PageRequest, StreamFilter } from '../inventory-engine.ts'
import { createMatcher, type Matcher } from './matcher.ts'
import { type Plan, type Planned, planSearch } from './plan.ts'
import type { SearchContext } from './search-context.ts'
import type { Key, Source } from './source.ts'

export interface FoundPage {
  readonly streamIds: number[]
  readonly cursor: string | null
}

/** Looking through the newest streams: given up for the narrowest way if it does not fill the page by then. */
const NEWEST_MS = 25
/** Then a page may be short, or empty, and its cursor goes on. */
const PAGE_MS = 250
/** But so many candidates are looked at in any case, however busy the machine. */
const ALWAYS = 4_000
const FIRST_BATCH = 64
const LARGEST_BATCH = 4_096

/** Where a page ended. `key`: of the last candidate; `stream`: the last stream of that item, 0: all of it is done. */
interface Position {
  readonly plan: string
  readonly phase: number
  readonly key: Key | null
  readonly stream: number
}

export function findPage(
  context: SearchContext,
  filter: StreamFilter,
  { cursor, limit }: PageRequest,
): FoundPage {
  const planned = planSearch(context, filter)
  if (cursor !== undefined) {
    const position = readCursor(cursor)
    const plan = planned.all.find(({ id }) => id === position.plan)
    if (plan === undefined || position.phase >= plan.phases.length) throw badCursor()
    return walkPlan(context, planned, plan, position, limit, PAGE_MS)
  }
  if (planned.newest !== null) {
    const page = walkPlan(
      context,
      planned,
      planned.newest,
      startOf(planned.newest),
      limit,
      NEWEST_MS,
    )
    if (page.cursor === null || page.streamIds.length === limit) return page
  }
  return walkPlan(context, planned, planned.best, startOf(planned.best), limit, PAGE_MS)
}

function startOf(plan: Plan): Position {
  return { plan: plan.id, phase: 0, key: null, stream: 0 }
}

function walkPlan(
  context: SearchContext,
  { presence }: Planned,
  plan: Plan,
  from: Position,
  limit: number,
  budgetMs: number,
): FoundPage {
  const until = performance.now() + budgetMs
  /** One more than asked for tells whether there is another page. */
  const found: Found[] = []
  let position = from
  while (position.phase < plan.phases.length) {
    const phase = plan.phases[position.phase]!
    const matcher = createMatcher(context, phase, presence)
    const ended = walkSource(phase.source, matcher, position, found, limit + 1, until)
    if (found.length > limit) {
      const last = found[limit - 1]!
      const { key, stream } = last
      return pageOf(found.slice(0, limit), { plan: plan.id, phase: last.phase, key, stream })
    }
    if (ended !== null) return pageOf(found, ended)
    position = { plan: plan.id, phase: position.phase + 1, key: null, stream: 0 }
  }
  return { streamIds: found.map(({ streamId }) => streamId), cursor: null }
}

interface Found {
  readonly streamId: number
  readonly phase: number
  readonly key: Key
  /** To go on after it within its item; 0 where the key says it. */
  readonly stream: number
}

/** Null: the source is done. Otherwise where it stopped, because enough was found or its time was over. */
function walkSource(
  source: Source,
  matcher: Matcher,
  from: Position,
  found: Found[],
  enough: number,
  until: number,
): Position | null {
  const { plan, phase } = from
  if (from.stream !== 0 && from.key !== null) {
    takeItem(matcher, from, found, enough)
    if (found.length >= enough) return from
  }
  let key = from.key
  let batchSize = FIRST_BATCH
  let looked = 0
  while (true) {
    const batch = source.next(key, batchSize)
    const numbers = batch.candidates.map(({ no }) => no)
    if (source.of === 'streams') {
      for (const index of matcher.streams(numbers)) {
        const candidate = batch.candidates[index]!
        found.push({ streamId: candidate.no, phase, key: candidate.key, stream: 0 })
      }
    } else {
      for (const item of matcher.items(numbers)) {
        const itemKey = batch.candidates[item.index]!.key
        const before = Number.MAX_SAFE_INTEGER
        for (const streamId of matcher.streamsOf(item, before, enough - found.length)) {
          found.push({ streamId, phase, key: itemKey, stream: streamId })
        }
        if (found.length >= enough) break
      }
    }
    if (batch.next === null && found.length < enough) return null
    key = batch.next
    looked += numbers.length
    const isOver = looked > ALWAYS && performance.now() > until
    if (found.length >= enough || isOver) return { plan, phase, key, stream: 0 }
    batchSize = Math.min(LARGEST_BATCH, batchSize * 2)
  }
}

/** The rest of the item in which the page before this one ended. */
function takeItem(matcher: Matcher, from: Position, found: Found[], enough: number): void {
  const key = from.key as Key
  const [item] = matcher.items([key.at(-1) as number])
  if (item === undefined) return
  for (const streamId of matcher.streamsOf(item, from.stream, enough)) {
    found.push({ streamId, phase: from.phase, key, stream: streamId })
  }
}

function pageOf(found: readonly Found[], position: Position): FoundPage {
  return { streamIds: found.map(({ streamId }) => streamId), cursor: writeCursor(position) }
}

/** The cursor with which a page begins at the start of a plan. */
export function cursorOf(plan: Plan): string {
  return writeCursor(startOf(plan))
}

function writeCursor({ plan, phase, key, stream }: Position): string {
  return Buffer.from(JSON.stringify([plan, phase, key, stream])).toString('base64url')
}

function readCursor(cursor: string): Position {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const [plan, phase, key, stream] = parsed as [string, number, Key | null, number]
    const isKey =
      key === null ||
      (key.length <= 4 && key.every((part) => typeof part === 'number' || typeof part === 'string'))
    const areNumbers = [phase, stream].every(
      (number) => Number.isSafeInteger(number) && number >= 0,
    )
    if (typeof plan === 'string' && isKey && areNumbers) return { plan, phase, key, stream }
  } catch {
    // Falls through: what is no JSON is refused like what has the wrong shape.
  }
  throw badCursor()
}

function badCursor(): AppError {
  return new AppError('REQUEST_INVALID', 400, 'cursor: not one that this listing gave')
}
