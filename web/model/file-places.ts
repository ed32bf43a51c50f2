/** Where a file is, as rows: one for each place of each machine, and one for a machine without any. */
import type {
  FilePlace,
  FileState,
  MachineFile,
  UnknownReason,
} from '../../server/protocol/api/files.ts'

export interface PlaceRow {
  readonly machine: MachineFile
  readonly place: FilePlace | null
}

export const FILE_STATES: Record<FileState, { label: string; meaning: string }> = {
  marked: { label: 'Marked', meaning: 'has a Mark of the Web' },
  unmarked: { label: 'Unmarked', meaning: 'the file is there, without a mark' },
  absent: { label: 'Absent', meaning: 'the machine looked and has no such file' },
  unknown: { label: 'Unknown', meaning: 'nobody has looked, or could' },
}

export const UNKNOWN_REASONS: Record<UnknownReason, string> = {
  'not-asked': 'not asked',
  offline: 'offline',
  'never-scanned': 'never scanned',
  'nowhere-to-look': 'no path to look at on this system',
  'outside-scope': 'outside what its agent may look at',
  unreadable: 'could not be read',
  'timed-out': 'did not answer in time',
  refused: 'the agent refused',
}

export interface FileSearch {
  readonly name: string
  readonly folder: string
  readonly sha256: string
  readonly isLive: boolean
  /** Whose explanation is shown; empty: that of the first mark. */
  readonly explained: string
}

export function searchOf(query: Record<string, string>): FileSearch {
  return {
    name: query.name ?? '',
    folder: query.folder ?? '',
    sha256: (query.sha256 ?? '').toLowerCase(),
    isLive: query.live === 'true',
    explained: query.explain ?? '',
  }
}

/** The address of a search for a file. */
export function filesUrl(search: Partial<FileSearch>): string {
  const parameters = new URLSearchParams()
  if (search.name) parameters.set('name', search.name)
  if (search.folder) parameters.set('folder', search.folder)
  if (search.sha256) parameters.set('sha256', search.sha256)
  if (search.isLive) parameters.set('live', 'true')
  if (search.explained) parameters.set('explain', search.explained)
  return parameters.size === 0 ? '/files' : `/files?${parameters}`
}

/** A path is looked for at its place, a bare name everywhere. */
export function isPath(name: string): boolean {
  return /[\\/]/.test(name)
}

export function placeRows(machines: readonly MachineFile[]): PlaceRow[] {
  return machines.flatMap<PlaceRow>((machine) =>
    machine.places.length === 0
      ? [{ machine, place: null }]
      : machine.places.map((place) => ({ machine, place })),
  )
}

export function countStates(machines: readonly MachineFile[]): Record<FileState, number> {
  const counts = { marked: 0, unmarked: 0, absent: 0, unknown: 0 }
  for (const { state } of machines) counts[state] += 1
  return counts
}

/** Two machines worth comparing: one that is marked, and one that is not. */
export function firstPair(machines: readonly MachineFile[]): [string, string] | null {
  const marked = machines.find(({ state }) => state === 'marked') ?? machines[0]
  const other = machines.find(
    (machine) => machine !== marked && machine.state !== (marked?.state ?? 'marked'),
  )
  const second = other ?? machines.find((machine) => machine !== marked)
  return marked === undefined || second === undefined ? null : [marked.machineId, second.machineId]
}
