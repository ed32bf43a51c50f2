/**
 * A list that central answers page by page (keyset cursor), kept in a signal. Answers that come late are
 * dropped; a refresh reads what is loaded again and swaps it in at once, so that nobody sees it shrink.
 */
import { type ReadonlySignal, signal } from '@preact/signals'

export interface Page<Row> {
  rows: Row[]
  cursor: string | null
  /** All that match; null where the route does not count. */
  total: number | null
  /** False: there are at least so many. */
  isTotalExact?: boolean
}

export type LoadPage<Row> = (
  cursor: string | null,
  limit: number,
  abort: AbortSignal,
) => Promise<Page<Row>>

export interface PagedState<Row> {
  readonly rows: readonly Row[]
  readonly cursor: string | null
  readonly total: number | null
  readonly isTotalExact: boolean
  readonly phase: 'first' | 'more' | 'idle' | 'failed'
  readonly error: unknown
  /** Something changed and the list is too long to be read again unasked. */
  readonly isStale: boolean
}

/** Rows of one request. */
export const PAGE_ROWS = 200
/** Up to here a refresh reads every page again by itself: five requests. */
const REFRESH_ROWS = 1_000

export class PagedList<Row> {
  readonly #state = signal<PagedState<Row>>({
    rows: [],
    cursor: null,
    total: null,
    isTotalExact: true,
    phase: 'first',
    error: null,
    isStale: false,
  })
  readonly #loadPage: LoadPage<Row>
  readonly #abort = new AbortController()
  /** One request at a time: pages depend on the cursor before them. */
  #work: Promise<void> = Promise.resolve()
  #isRefreshQueued = false

  constructor(loadPage: LoadPage<Row>) {
    this.#loadPage = loadPage
    void this.#run(() => this.#reload(PAGE_ROWS))
  }

  get state(): ReadonlySignal<PagedState<Row>> {
    return this.#state
  }

  /** The next page. Calls while anything is under way, or after the last page, are no-ops. */
  loadMore(): void {
    const { phase, cursor } = this.#state.peek()
    if (phase === 'idle' && cursor !== null) void this.loadUpTo(this.#state.peek().rows.length + 1)
  }

  /** Loads pages until `count` rows are there or no more exist. Resolves also when it failed. */
  loadUpTo(count: number): Promise<void> {
    return this.#run(async () => {
      while (this.#state.peek().rows.length < count) {
        const { rows, cursor } = this.#state.peek()
        if (cursor === null) return
        this.#patch({ phase: 'more' })
        const page = await this.#loadPage(cursor, PAGE_ROWS, this.#abort.signal)
        this.#patch({
          rows: [...rows, ...page.rows],
          cursor: page.cursor,
          total: page.total,
          isTotalExact: page.isTotalExact ?? true,
          phase: 'idle',
        })
      }
    })
  }

  /** Something changed at central. */
  refresh(): void {
    if (this.#state.peek().rows.length > REFRESH_ROWS) this.#patch({ isStale: true })
    else this.reload()
  }

  /** Reads everything that is loaded again, however much; also the way out of a failure. */
  reload(): void {
    if (this.#isRefreshQueued) return
    this.#isRefreshQueued = true
    void this.#run(() => {
      this.#isRefreshQueued = false
      return this.#reload(Math.max(PAGE_ROWS, this.#state.peek().rows.length))
    })
  }

  dispose(): void {
    this.#abort.abort()
  }

  async #reload(count: number): Promise<void> {
    const rows: Row[] = []
    let cursor: string | null = null
    let total: number | null = null
    let isTotalExact = true
    do {
      const page: Page<Row> = await this.#loadPage(cursor, PAGE_ROWS, this.#abort.signal)
      rows.push(...page.rows)
      cursor = page.cursor
      total = page.total
      isTotalExact = page.isTotalExact ?? true
    } while (cursor !== null && rows.length < count)
    this.#patch({ rows, cursor, total, isTotalExact, phase: 'idle', error: null, isStale: false })
  }

  #run(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#abort.signal.aborted) return
      try {
        await step()
      } catch (error) {
        this.#patch({ phase: 'failed', error })
      }
    })
    return this.#work
  }

  #patch(change: Partial<PagedState<Row>>): void {
    if (!this.#abort.signal.aborted) this.#state.value = { ...this.#state.peek(), ...change }
  }
}
