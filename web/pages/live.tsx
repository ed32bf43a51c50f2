/** Live queries: ask the fleet’s disks now, and what was asked before. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { LiveQuestion } from '../../server/protocol/api/live-queries.ts'
import { api, messageOf } from '../api.ts'
import { formatCount } from '../model/format.ts'
import { Empty, Failure, Loading, Status, Time } from '../parts/bits.tsx'
import { type Column, Grid } from '../parts/grid.tsx'
import { useLive, usePagedList, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'

const columns: readonly Column<LiveQuestion>[] = [
  {
    id: 'query',
    label: 'Query',
    width: 'minmax(200px, 3fr)',
    cell: (question) => (
      <a href={`/live/${question.questionId}`} tabIndex={-1}>
        <Name text={question.query || 'every stream'} isTitled />
      </a>
    ),
  },
  {
    id: 'state',
    label: 'State',
    width: '104px',
    cell: (question) => <QuestionState question={question} />,
  },
  {
    id: 'answered',
    label: 'Answered',
    width: '110px',
    isNumber: true,
    cell: ({ counts, machineCount }) =>
      `${formatCount(counts.answered ?? 0)} of ${formatCount(machineCount)}`,
  },
  {
    id: 'rows',
    label: 'Streams',
    width: '80px',
    isNumber: true,
    cell: (question) => formatCount(question.rowCount),
  },
  {
    id: 'by',
    label: 'By',
    width: 'minmax(80px, 0.7fr)',
    cell: (question) => <Name text={question.createdBy} isTitled />,
  },
  {
    id: 'created',
    label: 'Asked',
    width: '130px',
    cell: (question) => <Time at={question.createdAt} />,
  },
]

const rowKey = (question: LiveQuestion): string => question.questionId

export function QuestionState({ question }: { question: LiveQuestion }) {
  if (question.finishedAt === null) return <Status tone="busy">open</Status>
  if (question.isCancelled) return <Status tone="off">cancelled</Status>
  const isWhole =
    question.counts.answered === question.machineCount && question.incompleteCount === 0
  return isWhole ? <Status tone="good">complete</Status> : <Status tone="warn">incomplete</Status>
}

export function LivePage() {
  useTitle('Live queries')
  const { query, route } = useLocation()
  const list = usePagedList<LiveQuestion>('live', async (cursor, limit, abort) => {
    const page = await api.liveQueries({ cursor, limit }, abort)
    return { rows: page.questions, cursor: page.cursor, total: null }
  })
  useLive(
    (event) => event.type === 'live.changed',
    () => list.refresh(),
  )
  const { rows, phase, error } = list.state.value
  return (
    <main class="page is-full">
      <header class="page-head">
        <h1>Live queries</h1>
      </header>
      <AskForm
        hostname={query.hostname ?? ''}
        onAsked={(question) => route(`/live/${question.questionId}`)}
      />
      <Grid
        label="Live queries"
        listKey="live"
        columns={columns}
        rows={rows}
        rowKey={rowKey}
        total={null}
        onOpen={(question) => route(`/live/${question.questionId}`)}
        onNearEnd={() => list.loadMore()}
      >
        {phase === 'first' && <Loading what="live queries" />}
        {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
        {phase === 'idle' && rows.length === 0 && (
          <Empty title="Nothing was asked yet">
            <p>
              A live query is answered by the machines from their disks, not from the inventory.
            </p>
          </Empty>
        )}
      </Grid>
    </main>
  )
}

/** Asks every machine, or those of one label or host name. */
interface AskFormProps {
  hostname: string
  onAsked: (question: LiveQuestion) => void
}

function AskForm({ hostname: asked, onAsked }: AskFormProps) {
  const [failure, setFailure] = useState<string | null>(null)
  const [isSending, setIsSending] = useState(false)

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string): string => String(form.get(name) ?? '').trim()
    const hostname = text('hostname')
    const label = text('label')
    const paths = text('paths')
      .split('|')
      .map((path) => path.trim())
      .filter((path) => path !== '')
    setIsSending(true)
    setFailure(null)
    try {
      const chosen = {
        ...(hostname === '' ? {} : { facts: { hostname } }),
        ...(label === '' ? {} : { labels: [label] }),
      }
      const isAll = Object.keys(chosen).length === 0
      onAsked(
        await api.askLive({
          query: text('query'),
          paths,
          machines: isAll ? { isAll: true } : chosen,
        }),
      )
    } catch (error) {
      setFailure(messageOf(error))
      setIsSending(false)
    }
  }

  return (
    <form class="ask-form" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Query</span>
        <input name="query" maxLength={4096} spellcheck={false} placeholder="zone:3 ext:exe" />
      </label>
      <label class="field">
        <span>Folders, with | between them</span>
        <input name="paths" maxLength={4096} spellcheck={false} placeholder="all that is scanned" />
      </label>
      <label class="field">
        <span>Host name</span>
        <input
          name="hostname"
          maxLength={255}
          spellcheck={false}
          placeholder="all, or pc-*"
          defaultValue={asked}
        />
      </label>
      <label class="field">
        <span>Label</span>
        <input name="label" maxLength={63} spellcheck={false} placeholder="any" />
      </label>
      <button type="submit" class="button is-primary" disabled={isSending}>
        {isSending ? 'Asking…' : 'Ask now'}
      </button>
      {failure !== null && (
        <p class="field-error" role="alert">
          {failure}
        </p>
      )}
    </form>
  )
}
