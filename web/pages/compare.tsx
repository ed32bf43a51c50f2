/** Two machines: streams that one has and the other has not, by path. The address names both. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { ComparedStream, ComparePage, Difference } from '../../server/protocol/api/files.ts'
import { api, isNotThere } from '../api.ts'
import { formatBytes, formatCount, zoneLabel } from '../model/format.ts'
import { Empty, Failure, Loading, Notice, Status, type Tone } from '../parts/bits.tsx'
import { CompareForm, compareUrl } from '../parts/compare-form.tsx'
import { type Column, Grid } from '../parts/grid.tsx'
import { usePagedList, useTitle } from '../parts/hooks.ts'
import { Name, PathInRow } from '../parts/name.tsx'
import { useFleet } from '../parts/use-fleet.ts'

const STATES: Record<Difference['state'], { label: string; tone: Tone }> = {
  'only-a': { label: 'only on the first', tone: 'warn' },
  'only-b': { label: 'only on the second', tone: 'warn' },
  differs: { label: 'differs', tone: 'bad' },
  'content-unknown': { label: 'content unknown', tone: 'busy' },
}

export function MachineComparePage() {
  const { query } = useLocation()
  const { a = '', b = '' } = query
  const fleet = useFleet()
  useTitle('Compare machines')
  return (
    <main class="page is-full">
      <header class="page-head">
        <div class="page-title">
          <p class="crumbs">
            <a href="/machines">Machines</a>
          </p>
          <h1>Two machines, side by side</h1>
        </div>
      </header>
      {fleet.error !== null && <Failure error={fleet.error} retry={fleet.reload} />}
      {fleet.value !== null && <CompareForm machines={fleet.value.machines} a={a} b={b} />}
      {a === '' || b === '' ? (
        <Empty title="Choose two machines">
          <p>What one has and the other has not then stands here, stream by stream.</p>
        </Empty>
      ) : a === b ? (
        <Empty title="This is one machine twice" />
      ) : (
        <Comparison key={compareUrl(a, b)} a={a} b={b} />
      )}
    </main>
  )
}

type Summary = Pick<ComparePage, 'counts' | 'caveats'>

function Comparison({ a, b }: { a: string; b: string }) {
  const [summary, setSummary] = useState<Summary | null>(null)
  const { route } = useLocation()
  const list = usePagedList<Difference>(compareUrl(a, b), async (cursor, limit, abort) => {
    const { differences, counts, caveats, ...page } = await api.compare(
      a,
      b,
      { cursor, limit },
      abort,
    )
    setSummary({ counts, caveats })
    return { rows: differences, cursor: page.cursor, total: differenceCount(counts) }
  })
  const { rows, phase, error, total } = list.state.value
  if (phase === 'failed' && isNotThere(error)) return <Empty title="No such machine" />
  return (
    <>
      {summary !== null && <Counts {...summary} />}
      <Grid
        label="Differences"
        listKey={compareUrl(a, b)}
        columns={columns}
        rows={rows}
        rowKey={rowKey}
        total={total}
        onOpen={(row) => route(`/streams/${(row.a ?? row.b)?.streamId}`)}
        onNearEnd={() => list.loadMore()}
      >
        {phase === 'first' && <Loading what="comparison" />}
        {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
        {phase === 'idle' && rows.length === 0 && <Empty title="No stream differs" />}
      </Grid>
    </>
  )
}

function differenceCount(counts: ComparePage['counts']): number {
  return counts.onlyA + counts.onlyB + counts.differs + counts.contentUnknown
}

function Counts({ counts, caveats }: Summary) {
  return (
    <>
      <p class="file-states">
        <span>
          <b>{formatCount(counts.same)}</b> the same
        </span>
        <span>
          <b>{formatCount(counts.onlyA)}</b> only on the first
        </span>
        <span>
          <b>{formatCount(counts.onlyB)}</b> only on the second
        </span>
        <span>
          <b>{formatCount(counts.differs)}</b> differ
        </span>
        <span>
          <b>{formatCount(counts.contentUnknown)}</b> of unknown content
        </span>
      </p>
      {caveats.length > 0 && (
        <Notice tone="warn">
          <ul>
            {caveats.map((caveat) => (
              <li key={caveat}>
                <Name text={caveat} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  )
}

const rowKey = ({ path, stream }: Difference): string => `${path}\0${stream}`

const side = (id: 'a' | 'b', label: string): Column<Difference> => ({
  id,
  label,
  width: 'minmax(120px, 1fr)',
  cell: (row) => <Side stream={row[id]} />,
})

function Side({ stream }: { stream: ComparedStream | null }) {
  if (stream === null) return <span class="faint">not there</span>
  return (
    <a href={`/streams/${stream.streamId}`} tabIndex={-1}>
      {formatBytes(stream.sizeBytes)}
      {stream.zone !== null && `, ${zoneLabel(stream.zone)}`}
    </a>
  )
}

const columns: readonly Column<Difference>[] = [
  {
    id: 'path',
    label: 'Carrier',
    width: 'minmax(200px, 3fr)',
    cell: (row) => <PathInRow path={row.path} />,
  },
  {
    id: 'stream',
    label: 'Stream',
    width: 'minmax(110px, 1.2fr)',
    cell: (row) => <Name text={row.stream} isTitled />,
  },
  {
    id: 'state',
    label: 'Difference',
    width: '150px',
    cell: ({ state }) => <Status tone={STATES[state].tone}>{STATES[state].label}</Status>,
  },
  side('a', 'On the first'),
  side('b', 'On the second'),
]
