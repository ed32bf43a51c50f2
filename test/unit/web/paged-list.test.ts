import { describe, expect, it } from 'vitest'
import { PAGE_ROWS, PagedList } from '../../../web/model/paged-list.ts'

/** A central of `count` rows, newest first, whose cursor is the last id given out. */
function central(count: number) {
  const state = { newest: count, calls: 0, error: null as Error | null }
  const load = async (cursor: string | null, limit: number) => {
    state.calls += 1
    if (state.error) throw state.error
    const from = cursor === null ? state.newest : Number(cursor) - 1
    const rows = Array.from({ length: Math.min(limit, Math.max(0, from)) }, (_, i) => from - i)
    const last = rows.at(-1) ?? 0
    return { rows, cursor: last > 1 ? String(last) : null, total: state.newest }
  }
  return { state, load }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('a list in pages', () => {
  it('loads the first page by itself and more when asked, each row once', async () => {
    const { load } = central(PAGE_ROWS * 2 + 5)
    const list = new PagedList(load)
    await settled()
    expect(list.state.value.rows).toHaveLength(PAGE_ROWS)
    list.loadMore()
    list.loadMore()
    await settled()
    expect(list.state.value.rows).toHaveLength(PAGE_ROWS * 2)
    await list.loadUpTo(10_000)
    expect(list.state.value.rows).toHaveLength(PAGE_ROWS * 2 + 5)
    expect(new Set(list.state.value.rows).size).toBe(PAGE_ROWS * 2 + 5)
    expect(list.state.value.cursor).toBeNull()
  })

  it('shows what is new after a refresh, as long as before', async () => {
    const { state, load } = central(PAGE_ROWS * 3)
    const list = new PagedList(load)
    await list.loadUpTo(PAGE_ROWS * 2)
    state.newest += 7
    list.refresh()
    await settled()
    expect(list.state.value.rows[0]).toBe(PAGE_ROWS * 3 + 7)
    expect(list.state.value.rows).toHaveLength(PAGE_ROWS * 2)
    expect(list.state.value.total).toBe(PAGE_ROWS * 3 + 7)
  })

  it('does not read a long list again unasked, and says that it is stale', async () => {
    const { state, load } = central(5_000)
    const list = new PagedList(load)
    await list.loadUpTo(2_000)
    const { calls } = state
    list.refresh()
    await settled()
    expect(state.calls).toBe(calls)
    expect(list.state.value.isStale).toBe(true)
    list.reload()
    await settled()
    expect(list.state.value).toMatchObject({ isStale: false, phase: 'idle' })
    expect(list.state.value.rows).toHaveLength(2_000)
  })

  it('keeps its rows when a request fails, and loads again on demand', async () => {
    const { state, load } = central(500)
    const list = new PagedList(load)
    await settled()
    state.error = new Error('central is away')
    list.loadMore()
    await settled()
    expect(list.state.value).toMatchObject({ phase: 'failed', error: state.error })
    expect(list.state.value.rows).toHaveLength(PAGE_ROWS)
    state.error = null
    list.reload()
    await settled()
    expect(list.state.value).toMatchObject({ phase: 'idle', error: null })
  })

  it('drops an answer that comes after it was left', async () => {
    const { load } = central(10)
    const list = new PagedList(load)
    list.dispose()
    await settled()
    expect(list.state.value.phase).toBe('first')
  })
})
