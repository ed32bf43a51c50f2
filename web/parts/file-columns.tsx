import type { FileState } from '../../server/protocol/api/files.ts'
import { hostOfUrl } from '../../server/streams/host-of-url.ts'
import { FILE_STATES, type PlaceRow, UNKNOWN_REASONS } from '../model/file-places.ts'
import { formatBytes, zoneLabel } from '../model/format.ts'
import { Status, Time, type Tone } from './bits.tsx'
import type { Column } from './grid.tsx'
import { Name, PathInRow } from './name.tsx'

const TONES: Record<FileState, Tone> = {
  marked: 'warn',
  unmarked: 'good',
  absent: 'off',
  unknown: 'busy',
}

export function FileStateLabel({ state }: { state: FileState }) {
  return (
    <span title={FILE_STATES[state].meaning}>
      <Status tone={TONES[state]}>{FILE_STATES[state].label}</Status>
    </span>
  )
}

/** Whatever keeps this line from being the whole truth about now. */
function openText({ machine, place }: PlaceRow): string {
  // A mark that is in the inventory needs nobody to be asked.
  const isOpen =
    machine.reason !== null && (machine.reason !== 'not-asked' || place?.state !== 'marked')
  const parts = [
    isOpen ? UNKNOWN_REASONS[machine.reason ?? 'not-asked'] : '',
    machine.message,
    place?.message ?? '',
    place?.isSameContent === false ? 'other content under the same name' : '',
    place?.isSameContent === true ? 'the same content' : '',
  ]
  return parts.filter((part) => part !== '').join('; ')
}

export const fileColumns: readonly Column<PlaceRow>[] = [
  {
    id: 'machine',
    label: 'Machine',
    width: 'minmax(110px, 1fr)',
    cell: ({ machine }) => (
      <a href={`/machines/${machine.machineId}`} tabIndex={-1}>
        <Name text={machine.hostname} isTitled />
      </a>
    ),
  },
  {
    id: 'state',
    label: 'State',
    width: '100px',
    cell: ({ machine, place }) => <FileStateLabel state={place?.state ?? machine.state} />,
  },
  {
    id: 'path',
    label: 'Path',
    width: 'minmax(180px, 2.4fr)',
    cell: ({ place }) => {
      if (place === null) return null
      return place.streamId === null ? (
        <PathInRow path={place.path} />
      ) : (
        <PathInRow path={place.path} href={`/streams/${place.streamId}`} />
      )
    },
  },
  {
    id: 'zone',
    label: 'Zone',
    width: '92px',
    cell: ({ place }) =>
      place === null || place.origin === null ? null : zoneLabel(place.origin.id),
  },
  {
    id: 'origin',
    label: 'Origin host',
    width: 'minmax(110px, 1.1fr)',
    cell: ({ place }) => {
      const host = hostOfUrl(place?.origin?.hostUrl ?? null)
      return host === null ? null : <Name text={host} isTitled />
    },
  },
  {
    id: 'size',
    label: 'File size',
    width: '84px',
    isNumber: true,
    cell: ({ place }) =>
      place === null || place.sizeBytes === null ? null : formatBytes(place.sizeBytes),
  },
  {
    id: 'seen',
    label: 'As of',
    width: '112px',
    cell: ({ place }) =>
      place === null ? null : place.source === 'now' ? 'now' : <Time at={place.seenAt} />,
  },
  {
    id: 'open',
    label: 'What is open',
    width: 'minmax(150px, 1.6fr)',
    cell: (row) => <Name text={openText(row)} isTitled />,
  },
]
