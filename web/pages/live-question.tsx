/** One live query: what was found, and which machines have not, or not wholly, answered. */
import { useRoute } from 'preact-iso'
import type { LiveAnswer, LiveQuestion, LiveRow } from '../../server/protocol/api/live-queries.ts'
import { api, isNotThere, liveExportUrl } from '../api.ts'
import { formatCount, plural } from '../model/format.ts'
import { Empty, Facts, Failure, Loading, Status, type Tone } from '../parts/bits.tsx'
import { type Column, Grid } from '../parts/grid.tsx'
import { useLive, usePagedList, useResource, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'
import { liveRowColumns } from '../parts/stream-columns.tsx'
import { sayError } from '../parts/toasts.tsx'
import { QuestionState } from './live.tsx'

const TONES: Record<LiveAnswer['state'], Tone> = {
  waiting: 'off',
  running: 'busy',
  answered: 'good',
  refused: 'bad',
  offline: 'warn',
  'timed-out': 'bad',
  cancelled: 'off',
}

export function LiveQuestionPage() {
  const { params } = useRoute()
  const id = params.id ?? ''
  const question = useResource(id, (abort) => api.liveQuery(id, abort))
  useLive((event) => event.type === 'live.changed' && event.questionId === id, question.reload, 500)
  useTitle('Live query')
  if (question.value !== null) {
    return <Detail question={question.value} onChanged={question.reload} />
  }
  return (
    <main class="page">
      {question.error === null ? (
        <Loading what="live query" />
      ) : isNotThere(question.error) ? (
        <Empty title="No such live query">
          <p>
            <a href="/live">See all live queries.</a>
          </p>
        </Empty>
      ) : (
        <Failure error={question.error} retry={question.reload} />
      )}
    </main>
  )
}

function Detail({ question, onChanged }: { question: LiveQuestion; onChanged: () => void }) {
  const { questionId, counts, machineCount, finishedAt } = question
  const failed = (counts.offline ?? 0) + (counts.refused ?? 0) + (counts['timed-out'] ?? 0)
  const act = (work: () => Promise<LiveQuestion>) => async () => {
    await work().catch(sayError)
    onChanged()
  }
  return (
    <main class="page is-full live-detail">
      <header class="page-head">
        <div class="page-title">
          <p class="crumbs">
            <a href="/live">Live queries</a>
          </p>
          <h1>
            <Name text={question.query || 'every stream'} /> <QuestionState question={question} />
          </h1>
        </div>
        <div class="page-actions">
          {finishedAt === null && (
            <button
              type="button"
              class="button"
              onClick={() => void act(() => api.cancelLive(questionId))()}
            >
              Cancel
            </button>
          )}
          {finishedAt !== null && failed > 0 && (
            <button
              type="button"
              class="button"
              onClick={() => void act(() => api.askLiveAgain(questionId))()}
            >
              Ask {plural(failed, 'machine')} again
            </button>
          )}
          <a class="button" href={liveExportUrl(questionId, 'csv')} download>
            CSV
          </a>
          <a class="button" href={liveExportUrl(questionId, 'ndjson')} download>
            NDJSON
          </a>
        </div>
      </header>
      <Facts
        items={[
          ['Found', plural(question.rowCount, 'stream')],
          ['Answered', `${formatCount(counts.answered ?? 0)} of ${formatCount(machineCount)}`],
          ['Not wholly', formatCount(question.incompleteCount)],
          ['Folders', question.paths.join(' | ') || 'all that is scanned'],
        ]}
      />
      <Answers questionId={questionId} />
      <Rows questionId={questionId} />
    </main>
  )
}

const answerColumns: readonly Column<LiveAnswer>[] = [
  {
    id: 'machine',
    label: 'Machine',
    width: 'minmax(100px, 1fr)',
    cell: (answer) => <Name text={answer.hostname} isTitled />,
  },
  {
    id: 'state',
    label: 'State',
    width: '110px',
    cell: ({ state }) => <Status tone={TONES[state]}>{state}</Status>,
  },
  {
    id: 'rows',
    label: 'Streams',
    width: '80px',
    isNumber: true,
    cell: (answer) => formatCount(answer.rowCount),
  },
  {
    id: 'open',
    label: 'What it leaves open',
    width: 'minmax(200px, 3fr)',
    cell: (answer) => <Name text={openOf(answer)} isTitled />,
  },
]

/** Everything that keeps an answer from being the whole truth. */
function openOf({ reason, stopped, unreadableCount, places }: LiveAnswer): string {
  const parts = [
    reason,
    stopped === null ? '' : `cut short by its limit of ${stopped}`,
    unreadableCount === 0 ? '' : plural(unreadableCount, 'unreadable place'),
    ...places
      .filter(({ state }) => state !== 'read' && state !== 'cut-short')
      .map(({ path, state }) => `${path}: ${state}`),
  ]
  return parts.filter((part) => part !== '').join('; ')
}

function Answers({ questionId }: { questionId: string }) {
  return (
    <LiveList<LiveAnswer>
      questionId={questionId}
      label="Machines"
      columns={answerColumns}
      rowKey={(answer) => answer.machineId}
      read={async (page, abort) => {
        const { answers, cursor } = await api.liveAnswers(questionId, page, abort)
        return { rows: answers, cursor }
      }}
    />
  )
}

function Rows({ questionId }: { questionId: string }) {
  return (
    <LiveList<LiveRow>
      questionId={questionId}
      label="Streams"
      columns={liveRowColumns}
      rowKey={(row) => `${row.machineId} ${row.volumeId} ${row.identity} ${row.stream}`}
      read={(page, abort) => api.liveRows(questionId, page, abort)}
      empty="No stream was found so far"
    />
  )
}

/** Grows as answers come in. */
function LiveList<Row>(props: {
  questionId: string
  label: string
  columns: readonly Column<Row>[]
  rowKey: (row: Row) => string
  read: (
    page: { cursor: string | null; limit: number },
    abort: AbortSignal,
  ) => Promise<{ rows: Row[]; cursor: string | null }>
  empty?: string
}) {
  const { questionId, label, columns, rowKey, read, empty } = props
  const key = `${label} ${questionId}`
  const list = usePagedList<Row>(key, async (cursor, limit, abort) => ({
    ...(await read({ cursor, limit }, abort)),
    total: null,
  }))
  useLive(
    (event) => event.type === 'live.changed' && event.questionId === questionId,
    () => list.refresh(),
  )
  const { rows, phase, error } = list.state.value
  return (
    <Grid
      label={label}
      listKey={key}
      columns={columns}
      rows={rows}
      rowKey={rowKey}
      total={null}
      onNearEnd={() => list.loadMore()}
    >
      {phase === 'first' && <Loading what={label.toLowerCase()} />}
      {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
      {phase === 'idle' && rows.length === 0 && empty !== undefined && <Empty title={empty} />}
    </Grid>
  )
}
