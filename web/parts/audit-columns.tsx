import type { AuditEntry } from '../../server/protocol/api/audit.ts'
import { Time } from './bits.tsx'
import type { Column } from './grid.tsx'
import { Name } from './name.tsx'

export const auditColumns: readonly Column<AuditEntry>[] = [
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

/** On one line, as it was recorded. */
export function detailsText(details: unknown): string {
  if (details === null || details === undefined) return ''
  if (typeof details !== 'object') return String(details)
  return Object.entries(details)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ')
}
