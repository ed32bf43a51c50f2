/** Small hooks that pages share. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { displayName } from '../../server/streams/display-name.ts'
import { type LiveEvent, useEvents } from '../events.ts'
import { shortenMiddle } from '../model/format.ts'
import { type LoadPage, PagedList } from '../model/paged-list.ts'

const TITLE_UNITS = 120

export interface Resource<Value> {
  /** Kept from the last good answer while a newer one is awaited or failed. */
  value: Value | null
  error: unknown
  reload: () => void
}

/**
 * Loads when `key` changes, and on `reload`. A late answer for an old key is dropped; a null key loads
 * nothing.
 */
export function useResource<Value>(
  key: string | null,
  load: (abort: AbortSignal) => Promise<Value>,
): Resource<Value> {
  const [state, setState] = useState<{ key: string | null; value: Value | null; error: unknown }>({
    key,
    value: null,
    error: null,
  })
  const [turn, setTurn] = useState(0)
  const latestLoad = useRef(load)
  latestLoad.current = load

  useEffect(() => {
    if (key === null) return
    const abort = new AbortController()
    latestLoad.current(abort.signal).then(
      (value) => !abort.signal.aborted && setState({ key, value, error: null }),
      (error: unknown) =>
        !abort.signal.aborted &&
        setState((old) => ({ key, value: old.key === key ? old.value : null, error })),
    )
    return () => abort.abort()
  }, [key, turn])

  const isOfThisKey = state.key === key
  return {
    value: isOfThisKey ? state.value : null,
    error: isOfThisKey ? state.error : null,
    reload: () => setTurn((count) => count + 1),
  }
}

/** A paged list that starts anew when `key` changes. */
export function usePagedList<Row>(key: string, loadPage: LoadPage<Row>): PagedList<Row> {
  const held = useRef<{ key: string; list: PagedList<Row> } | null>(null)
  if (held.current?.key !== key) {
    held.current?.list.dispose()
    held.current = { key, list: new PagedList(loadPage) }
  }
  useEffect(() => () => held.current?.list.dispose(), [])
  return held.current.list
}

/** At most one call in `everyMs`, the last one never lost. */
export function useThrottled(run: () => void, everyMs: number): () => void {
  const latest = useRef(run)
  latest.current = run
  const timer = useRef(0)
  const lastRun = useRef(0)
  useEffect(() => () => window.clearTimeout(timer.current), [])
  const [throttled] = useState(() => () => {
    if (timer.current !== 0) return
    const wait = Math.max(0, lastRun.current + everyMs - performance.now())
    timer.current = window.setTimeout(() => {
      timer.current = 0
      lastRun.current = performance.now()
      latest.current()
    }, wait)
  })
  return throttled
}

/** Runs `refresh` when a relevant event comes, at most once in `everyMs`. */
export function useLive(
  isRelevant: (event: LiveEvent) => boolean,
  refresh: () => void,
  everyMs = 1_000,
): void {
  const throttled = useThrottled(refresh, everyMs)
  useEvents((event) => {
    if (event.type === 'missed' || isRelevant(event)) throttled()
  })
}

/** A title stands outside the page, in the browser's own words: whatever is hostile in it is made visible first. */
export function useTitle(title: string): void {
  useEffect(() => {
    const shown = displayName(shortenMiddle(title, TITLE_UNITS))
    document.title = shown === '' ? 'Sidestream' : `${shown} · Sidestream`
  }, [title])
}
