import type { StreamRow } from '../../server/protocol/api/streams.ts'
import { hostOfUrl } from '../../server/streams/host-of-url.ts'
import { fileNameOf } from '../../server/streams/path-parts.ts'
import { filesUrl } from '../model/file-places.ts'
import { formatBytes, zoneLabel } from '../model/format.ts'
import { Time, Verdict } from './bits.tsx'
import type { Column } from './grid.tsx'
import { Name, PathInRow } from './name.tsx'

/** Of an inventory and of a live answer alike. */
type OnMachine = Pick<StreamRow, 'machineId' | 'hostname'>
type Reported = Pick<StreamRow, 'path' | 'stream' | 'sizeBytes' | 'origin' | 'verdict'>

const machine: Column<OnMachine> = {
  id: 'machine',
  label: 'Machine',
  width: 'minmax(90px, 0.9fr)',
  cell: (row) => (
    <a href={`/machines/${row.machineId}`} tabIndex={-1}>
      <Name text={row.hostname} isTitled />
    </a>
  ),
}

const carrier = { id: 'path', label: 'Carrier', width: 'minmax(200px, 3.4fr)' }

const streamAndSize: readonly Column<Reported>[] = [
  {
    id: 'stream',
    label: 'Stream',
    width: 'minmax(104px, 1.3fr)',
    cell: (row) => <Name text={row.stream} isTitled />,
  },
  {
    id: 'size',
    label: 'Size',
    width: '76px',
    isNumber: true,
    cell: (row) => formatBytes(row.sizeBytes),
  },
  {
    id: 'zone',
    label: 'Zone',
    width: '92px',
    cell: (row) => (row.origin === null ? null : zoneLabel(row.origin.id)),
  },
]

const verdict: Column<Reported> = {
  id: 'verdict',
  label: 'Verdict',
  width: '114px',
  cell: (row) => <Verdict verdict={row.verdict} />,
}

const others: readonly Column<StreamRow>[] = [
  { ...carrier, cell: (row) => <PathInRow path={row.path} href={`/streams/${row.streamId}`} /> },
  ...streamAndSize,
  {
    id: 'host',
    label: 'Origin host',
    width: 'minmax(100px, 1.3fr)',
    cell: (row) => {
      const host = hostOfUrl(row.origin?.hostUrl ?? null)
      return host === null ? null : <Name text={host} isTitled />
    },
  },
  verdict,
  {
    id: 'first',
    label: 'First seen',
    width: '124px',
    cell: (row) =>
      row.goneAt === null ? (
        <Time at={row.firstSeenAt} />
      ) : (
        <span class="faint">
          gone <Time at={row.goneAt} />
        </span>
      ),
  },
]

const fleet: Column<StreamRow> = {
  id: 'fleet',
  label: 'Fleet',
  width: '64px',
  cell: (row) => (
    <a
      class="faint"
      href={filesUrl({ name: fileNameOf(row.path) })}
      title="Where is this file on all machines?"
      tabIndex={-1}
    >
      where?
    </a>
  ),
}

export const streamColumns: readonly Column<StreamRow>[] = [machine, ...others, fleet]
/** On a machine's own page. */
export const streamColumnsOfMachine = others

/** Of what a machine just answered: central has no page for such a stream. */
export const liveRowColumns: readonly Column<OnMachine & Reported>[] = [
  machine,
  { ...carrier, cell: (row) => <PathInRow path={row.path} /> },
  ...streamAndSize,
  verdict,
]
