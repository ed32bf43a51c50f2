/**
 * The streams that a query finds: the table, what is chosen in it, and what can be done with that. The
 * page around it decides where the query comes from.
 */

import { useMemo, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { StreamRow } from '../../server/protocol/api/streams.ts'
import { MAX_CHOSEN_TARGETS } from '../../server/protocol/limits.ts'
import { displayName } from '../../server/streams/display-name.ts'
import { type ApiError, api, hasCode } from '../api.ts'
import { formatCount, plural } from '../model/format.ts'
import type { PagedList } from '../model/paged-list.ts'
import {
  allOf,
  countMissing,
  extendedTo,
  NOTHING,
  type Selection,
  toggled,
} from '../model/selection.ts'
import { shownPathInRow } from '../model/shown-path.ts'
import { Empty, Failure, Loading } from './bits.tsx'
import { type Column, Grid, type GridSelection } from './grid.tsx'
import { useLive, usePagedList } from './hooks.ts'
import { SelectionBar } from './selection-bar.tsx'
import { StripDialog } from './strip-dialog.tsx'

interface StreamBrowserProps {
  query: string
  withGone: boolean
  columns: readonly Column<StreamRow>[]
  /** Only changes of this machine concern the list. */
  machineId?: string
  onQueryError?: (error: ApiError | null) => void
  /** Something in the list changed at central. */
  onChanged?: () => void
}

const rowKey = (row: StreamRow): number => row.streamId
const rowClass = (row: StreamRow): string =>
  row.goneAt !== null ? 'is-gone' : row.verdict === 'suspicious' ? 'is-suspicious' : ''

export function StreamBrowser(props: StreamBrowserProps) {
  const { query, withGone } = props
  const { route } = useLocation()
  const listKey = `${withGone} ${query}`
  const list = useStreamList(listKey, props)
  const { state, isAged } = useShownState(list)
  const [chosen, setChosen] = useState<{ key: string; selection: Selection }>({
    key: listKey,
    selection: NOTHING,
  })
  const [isStripping, setIsStripping] = useState(false)

  // Another query shows other streams: what is chosen must be what can be seen.
  const selection = chosen.key === listKey ? chosen.selection : NOTHING
  const choose = (next: Selection) => setChosen({ key: listKey, selection: next })
  const ids = useMemo(() => state.rows.map(rowKey), [state.rows])
  const shownIds = useMemo(() => new Set(ids), [ids])

  const chooseAllMatching = async () => {
    const known = state.isTotalExact ? state.total : null
    await list.loadUpTo(Math.min(MAX_CHOSEN_TARGETS, known ?? MAX_CHOSEN_TARGETS))
    choose(allOf(list.state.peek().rows.map(rowKey), MAX_CHOSEN_TARGETS))
  }

  const total = isAged ? null : state.total
  return (
    <div class="browser">
      <SelectionBar
        chosenCount={selection.ids.size}
        missingCount={countMissing(selection, shownIds)}
        loadedCount={state.rows.length}
        total={total}
        isTotalExact={state.isTotalExact}
        isLoadingMore={state.phase === 'more'}
        isStale={state.isStale}
        onReload={() => list.reload()}
        onChooseAll={chooseAllMatching}
        onClear={() => choose(NOTHING)}
        onStrip={() => setIsStripping(true)}
      />
      <Grid
        label="Streams"
        listKey={listKey}
        columns={props.columns}
        rows={state.rows}
        rowKey={rowKey}
        rowClass={rowClass}
        total={total}
        isBusy={isAged}
        onOpen={(row) => route(`/streams/${row.streamId}`)}
        onNearEnd={() => list.loadMore()}
        selection={gridSelection(selection, ids, choose)}
      >
        <ListEnd list={list} query={query} isAged={isAged} />
      </Grid>
      {isStripping && (
        <StripDialog streamIds={[...selection.ids]} onClose={() => setIsStripping(false)} />
      )}
    </div>
  )
}

function useStreamList(listKey: string, props: StreamBrowserProps): PagedList<StreamRow> {
  const { query, withGone, onQueryError, machineId } = props
  const list = usePagedList<StreamRow>(listKey, async (cursor, limit, abort) => {
    try {
      const page = await api.streams({ q: query, gone: withGone, cursor, limit }, abort)
      onQueryError?.(null)
      return {
        rows: page.streams,
        cursor: page.cursor,
        total: page.total,
        isTotalExact: page.totalIsExact,
      }
    } catch (error) {
      if (hasCode(error, 'QUERY_INVALID') && !abort.aborted) onQueryError?.(error as ApiError)
      throw error
    }
  })
  useLive(
    (event) =>
      event.type === 'inventory.changed' &&
      (machineId === undefined || event.machineId === machineId),
    () => {
      list.refresh()
      props.onChanged?.()
    },
  )
  return list
}

/** While a new query is on its way, and while it is wrong, the last answer stays, greyed. */
function useShownState(list: PagedList<StreamRow>) {
  const state = list.state.value
  const lastGood = useRef(state)
  const hasAnswer = state.total !== null
  if (hasAnswer) lastGood.current = state
  const isAged = !hasAnswer && lastGood.current.total !== null
  return {
    isAged,
    state: isAged ? { ...lastGood.current, phase: state.phase } : state,
  }
}

function gridSelection(
  selection: Selection,
  ids: readonly number[],
  choose: (next: Selection) => void,
): GridSelection<StreamRow> {
  const chosenCount = selection.ids.size
  const isAll =
    chosenCount > 0 && ids.slice(0, MAX_CHOSEN_TARGETS).every((id) => selection.ids.has(id))
  return {
    has: (row) => selection.ids.has(row.streamId),
    toggle: (row) => choose(toggled(selection, row.streamId)),
    extendTo: (row, from) =>
      choose(extendedTo(selection, ids, row.streamId, from?.streamId ?? null)),
    toggleAll: () => choose(isAll ? NOTHING : allOf(ids, MAX_CHOSEN_TARGETS)),
    clear: () => choose(NOTHING),
    state: isAll ? 'all' : chosenCount > 0 ? 'some' : 'none',
    labelOf: ({ stream, path }) => `${displayName(stream)} of ${shownPathInRow(path).name}`,
  }
}

interface ListEndProps {
  list: PagedList<StreamRow>
  query: string
  isAged: boolean
}

function ListEnd({ list, query, isAged }: ListEndProps) {
  const state = list.state.value
  if (state.phase === 'failed') {
    // The query bar shows this one, at the character.
    if (hasCode(state.error, 'QUERY_INVALID')) {
      return isAged ? null : <Empty title="Nothing is shown until the query is right" />
    }
    return <Failure error={state.error} retry={() => list.reload()} />
  }
  if (state.phase === 'first') return isAged ? null : <Loading what="streams" />
  if (state.rows.length === 0 && state.cursor !== null) {
    return (
      <Empty title="Nothing found so far">
        <p>The search looked through a part of the inventory.</p>
        <button type="button" class="button" onClick={() => list.loadMore()}>
          Search on
        </button>
      </Empty>
    )
  }
  if (state.rows.length === 0) {
    return query === '' ? (
      <Empty title="No streams in the inventory">
        <p>
          Either no machine has reported yet, or none of them holds an alternate data stream.{' '}
          <a href="/machines">See what was scanned and what could not be read.</a>
        </p>
      </Empty>
    ) : (
      <Empty title="Nothing matches">
        <p>
          No stream that central knows of matches this query. Places that could not be read are not
          in it.
        </p>
      </Empty>
    )
  }
  const rest = (state.total ?? 0) - state.rows.length
  return (
    <p class="list-end">
      {state.cursor === null
        ? `End of the list: ${plural(state.rows.length, 'stream')}.`
        : state.isTotalExact
          ? `Loading more; ${formatCount(rest)} to go…`
          : 'Loading more…'}
    </p>
  )
}
