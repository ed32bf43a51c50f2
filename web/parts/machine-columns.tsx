import type { Machine } from '../../server/protocol/api/machines.ts'
import { exactTerm } from '../../server/streams/query/write-term.ts'
import { formatCount } from '../model/format.ts'
import { streamsUrl } from '../model/query-text.ts'
import { Status, Time, type Tone } from './bits.tsx'
import type { Column } from './grid.tsx'
import { Name } from './name.tsx'

const SCAN_TONES: Record<string, Tone> = {
  complete: 'good',
  incomplete: 'warn',
  failed: 'bad',
  cancelled: 'warn',
}

export function ScanStateLabel({ state }: { state: string | null }) {
  return state === null ? (
    <span class="faint">never scanned</span>
  ) : (
    <Status tone={SCAN_TONES[state] ?? 'off'}>{state}</Status>
  )
}

export function Presence({ machine }: { machine: Machine }) {
  return machine.isOnline ? (
    <Status tone="good">online</Status>
  ) : (
    <Status tone="off">offline</Status>
  )
}

const countLink = (machine: Machine, count: number, more: string) =>
  count === 0 ? (
    <span class="faint">0</span>
  ) : (
    <a href={streamsUrl(`${exactTerm('machine', machine.machineId)}${more}`)} tabIndex={-1}>
      {formatCount(count)}
    </a>
  )

export const machineColumns: readonly Column<Machine>[] = [
  {
    id: 'hostname',
    label: 'Machine',
    width: 'minmax(130px, 1.6fr)',
    cell: (machine) => (
      <a href={`/machines/${machine.machineId}`} tabIndex={-1}>
        <Name text={machine.hostname} isTitled />
      </a>
    ),
  },
  {
    id: 'state',
    label: 'State',
    width: '96px',
    cell: (machine) => <Presence machine={machine} />,
  },
  {
    id: 'seen',
    label: 'Last seen',
    width: 'minmax(100px, 1fr)',
    cell: (machine) => (machine.isOnline ? 'now' : <Time at={machine.lastSeenAt} />),
  },
  {
    id: 'streams',
    label: 'Streams',
    width: '88px',
    isNumber: true,
    cell: (machine) => countLink(machine, machine.streamCount, ''),
  },
  {
    id: 'marks',
    label: 'Marks',
    width: '80px',
    isNumber: true,
    cell: (machine) => countLink(machine, machine.markCount, ' verdict:mark'),
  },
  {
    id: 'suspicious',
    label: 'Suspicious',
    width: '88px',
    isNumber: true,
    cell: (machine) => (
      <span class={machine.suspiciousCount > 0 ? 'is-alarming' : ''}>
        {countLink(machine, machine.suspiciousCount, ' verdict:suspicious')}
      </span>
    ),
  },
  {
    id: 'scan',
    label: 'Last scan',
    width: '112px',
    cell: (machine) => <ScanStateLabel state={machine.lastScanState} />,
  },
  {
    id: 'scanned',
    label: 'Finished',
    width: 'minmax(100px, 1fr)',
    cell: (machine) => <Time at={machine.lastScanAt} />,
  },
  {
    id: 'unreadable',
    label: 'Unreadable',
    width: '92px',
    isNumber: true,
    cell: (machine) =>
      machine.unreadableCount === null ? (
        <span class="faint">?</span>
      ) : (
        <span class={machine.unreadableCount > 0 ? 'is-warning' : 'faint'}>
          {formatCount(machine.unreadableCount)}
        </span>
      ),
  },
  {
    id: 'platform',
    label: 'Platform',
    width: 'minmax(70px, 0.7fr)',
    cell: (machine) => <Name text={machine.platform} isTitled />,
  },
  {
    id: 'agent',
    label: 'Agent',
    width: 'minmax(60px, 0.6fr)',
    cell: (machine) => <Name text={machine.agentVersion} isTitled />,
  },
]
