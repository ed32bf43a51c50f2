import type { AuditEntry } from '../../server/protocol/api/audit.ts'
import { api } from '../api.ts'
import { Empty, Failure, Loading, Time } from '../parts/bits.tsx'
import { type Column, Grid } from '../parts/grid.tsx'
import { usePagedList, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'

const columns: readonly Column<AuditEntry>[] = [
  { id: 'id', label: 'No.', width: '64px', isNumber: true, cell: (entry) => entry.auditId },
  { id: 'at', label: 'When', width: '140px', cell: (entry) => <Time at={entry.at} /> },
  {
    id: 'actor',
    label: 'Who',
    width: 'minmax(120px, 1fr)',
    cell: (entry) => <Actor actor={entry.actor} />,
  },
  {
    id: 'action',
    label: 'What',
    width: 'minmax(140px, 0.9fr)',
    cell: (entry) => <Name text={entry.action} />,
  },
  {
    id: 'subject',
    label: 'About',
    width: 'minmax(160px, 1.4fr)',
    cell: (entry) => <Subject entry={entry} />,
  },
  {
    id: 'details',
    label: 'Details',
    width: 'minmax(200px, 3fr)',
    cell: (entry) => <Name text={detailsText(entry.details)} isTitled />,
  },
]

function Actor({ actor }: { actor: string }) {
  const machineId = actor.startsWith('machine:') ? actor.slice('machine:'.length) : null
  return machineId === null ? (
    <Name text={actor} isTitled />
  ) : (
    <a href={`/machines/${encodeURIComponent(machineId)}`} tabIndex={-1}>
      <Name text={actor} isTitled />
    </a>
  )
}

/** What an action is about, by its first part. */
const SUBJECT_PAGES: Record<string, string> = {
  order: 'orders',
  machine: 'machines',
  scan: 'machines',
  content: 'streams',
}

function Subject({ entry: { action, subject } }: { entry: AuditEntry }) {
  const page = SUBJECT_PAGES[action.split('.', 1)[0] ?? '']
  const name = <Name text={subject} isTitled />
  return page === undefined ? (
    name
  ) : (
    <a href={`/${page}/${encodeURIComponent(subject)}`} tabIndex={-1}>
      {name}
    </a>
  )
}

function detailsText(details: unknown): string {
  if (details === null || details === undefined) return ''
  if (typeof details !== 'object') return String(details)
  return Object.entries(details)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ')
}

const rowKey = (entry: AuditEntry): number => entry.auditId

export function AuditPage() {
  useTitle('Audit')
  const list = usePagedList<AuditEntry>('audit', async (cursor, limit, abort) => {
    const page = await api.audit({ cursor, limit }, abort)
    return { rows: page.entries, cursor: page.cursor, total: null }
  })
  const { rows, phase, error } = list.state.value
  return (
    <main class="page is-full">
      <header class="page-head">
        <h1>Audit</h1>
        <div class="page-actions">
          <button type="button" class="button is-small" onClick={() => list.reload()}>
            Load newest
          </button>
        </div>
      </header>
      <Grid
        label="Audit log"
        listKey="audit"
        columns={columns}
        rows={rows}
        rowKey={rowKey}
        total={null}
        onNearEnd={() => list.loadMore()}
      >
        {phase === 'first' && <Loading what="the audit log" />}
        {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
        {phase === 'idle' && rows.length === 0 && <Empty title="Nothing has been recorded yet" />}
      </Grid>
    </main>
  )
}
