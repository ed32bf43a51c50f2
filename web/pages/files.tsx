/** "Where is this file?": marked, unmarked, absent or unknown, machine by machine. The address is the question. */
import { useMemo } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { FileState, MachineFile } from '../../server/protocol/api/files.ts'
import { exactTerm } from '../../server/streams/query/write-term.ts'
import { api, filesExportUrl } from '../api.ts'
import {
  countStates,
  FILE_STATES,
  type FileSearch,
  filesUrl,
  firstPair,
  type PlaceRow,
  placeRows,
  searchOf,
} from '../model/file-places.ts'
import { formatCount, plural } from '../model/format.ts'
import { streamsUrl } from '../model/query-text.ts'
import { Empty, Failure, Loading, Notice } from '../parts/bits.tsx'
import { CompareForm } from '../parts/compare-form.tsx'
import { ExplainPanel } from '../parts/explain-panel.tsx'
import { fileColumns } from '../parts/file-columns.tsx'
import { FileForm } from '../parts/file-form.tsx'
import { Grid } from '../parts/grid.tsx'
import { usePagedList, useTitle } from '../parts/hooks.ts'
import { may } from '../session.ts'

export function FilesPage() {
  const { query, route } = useLocation()
  const search = searchOf(query)
  useTitle(search.name === '' ? 'Files' : search.name)
  return (
    <main class="page is-full files-page">
      <header class="page-head">
        <h1>Where is this file?</h1>
      </header>
      <FileForm search={search} onSearch={(next) => route(filesUrl(next))} />
      {search.name !== '' ? <Found search={search} /> : <NothingAsked search={search} />}
    </main>
  )
}

function NothingAsked({ search: { sha256 } }: { search: FileSearch }) {
  if (sha256 === '') {
    return (
      <Empty title="One file, all over the fleet">
        <p>
          Give its name, or its whole path. Central knows where it is marked; whether it is there
          without a mark, or not at all, the machines tell when they are asked.
        </p>
      </Empty>
    )
  }
  return (
    <Empty title="The hash of a file alone is known nowhere">
      <p>
        Give the name too: the machines then compare what they have under it with this hash.{' '}
        <a href={streamsUrl(exactTerm('sha256', sha256))}>Streams with this content</a> are known.
      </p>
    </Empty>
  )
}

function Found({ search }: { search: FileSearch }) {
  const { route } = useLocation()
  const { explained, ...asked } = search
  const key = filesUrl(asked)
  const list = usePagedList<MachineFile>(key, async (cursor, limit, abort) => {
    const page = await api.files(asked, { cursor, limit }, abort)
    return { rows: page.machines, cursor: page.cursor, total: null }
  })
  const { rows: machines, phase, error, cursor } = list.state.value
  const rows = useMemo(() => placeRows(machines), [machines])
  const streamId = Number(explained) || firstMark(rows)
  const pair = firstPair(machines)
  return (
    <>
      {machines.length > 0 && (
        <States counts={countStates(machines)} isAll={cursor === null} count={machines.length} />
      )}
      {!search.isLive && machines.length > 0 && <NotAsked search={search} />}
      <div class="files-split">
        <Grid
          label="Where the file is"
          listKey={key}
          columns={fileColumns}
          rows={rows}
          rowKey={rowKey}
          total={cursor === null ? rows.length : null}
          onOpen={({ place }) =>
            place?.streamId && route(filesUrl({ ...search, explained: String(place.streamId) }))
          }
          onNearEnd={() => list.loadMore()}
        >
          {phase === 'first' && <Loading what={search.isLive ? 'answers of machines' : 'places'} />}
          {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
          {phase === 'idle' && rows.length === 0 && <Empty title="No machine has enrolled yet" />}
        </Grid>
        <aside class="files-side">
          {streamId !== null && <ExplainPanel streamId={streamId} />}
          {pair !== null && (
            <section class="panel">
              <h2>Two machines, side by side</h2>
              <CompareForm machines={machines} a={pair[0]} b={pair[1]} />
            </section>
          )}
          <p class="faint">
            Export: <a href={filesExportUrl(asked, 'csv')}>CSV</a>{' '}
            <a href={filesExportUrl(asked, 'ndjson')}>NDJSON</a>
          </p>
        </aside>
      </div>
    </>
  )
}

const rowKey = ({ machine, place }: PlaceRow): string => `${machine.machineId} ${place?.path ?? ''}`

function firstMark(rows: readonly PlaceRow[]): number | null {
  return rows.find(({ place }) => place?.state === 'marked')?.place?.streamId ?? null
}

function States(props: { counts: Record<FileState, number>; count: number; isAll: boolean }) {
  return (
    <p class="file-states" role="status">
      {(Object.keys(FILE_STATES) as FileState[]).map((state) => (
        <span key={state} class={`file-state is-${state}`}>
          <b>{formatCount(props.counts[state])}</b> {FILE_STATES[state].label.toLowerCase()}
        </span>
      ))}
      <span class="faint">
        of {props.isAll ? '' : 'the first '}
        {plural(props.count, 'machine')}
      </span>
    </p>
  )
}

function NotAsked({ search }: { search: FileSearch }) {
  return (
    <Notice
      tone="info"
      action={
        may('machines.ask') && (
          <a class="button" href={filesUrl({ ...search, isLive: true })}>
            Ask the machines now
          </a>
        )
      }
    >
      From the inventory: it knows marks, as old as the last scan. A machine without a known mark is
      unknown here, not clean.
    </Notice>
  )
}
