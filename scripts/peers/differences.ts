/** Tells two listings of one volume apart, and whose each difference is. */
import { keyOf, type ListedStream, type Unreadable } from './listed-stream.ts'

export type Peer = 'ntfs-3g' | 'fls'

export interface Difference {
  readonly what: string
  /** Null: nobody's known fault, so it may be ours. */
  readonly peersFault: string | null
}

interface Readable {
  readonly streams: readonly ListedStream[]
  readonly unreadable: readonly Unreadable[]
}

/** fls forgets extension records of a file past the 256th; each holds at least one stream. */
const FLS_EXTENSION_RECORDS = 256

export function differencesTo(peer: Peer, ours: Readable, theirs: Readable): Difference[] {
  const mine = new Map(ours.streams.map((row) => [keyOf(row), row]))
  const shown = new Map(theirs.streams.map((row) => [keyOf(row), row]))
  const onlyMine = [...mine.values()].filter((row) => !shown.has(keyOf(row)))
  const onlyTheirs = [...shown.values()].filter((row) => !mine.has(keyOf(row)))
  const garbled = new Map(
    peer === 'fls' ? onlyMine.flatMap((row) => flsSpellings(row).map((text) => [text, row])) : [],
  )
  const spelledOtherwise = new Set(onlyTheirs.map((row) => garbled.get(keyOf(row))))
  return [
    ...onlyMine.map((row) => ({
      what: `only sidestream lists ${escaped(keyOf(row))}`,
      peersFault: spelledOtherwise.has(row)
        ? 'fls prints ^ for characters that it cannot show'
        : whyMissing(peer, row, ours, theirs),
    })),
    ...onlyTheirs.map((row) => ({
      what: `only ${peer} lists ${escaped(keyOf(row))}`,
      peersFault: garbled.has(keyOf(row))
        ? 'fls prints ^ for characters that it cannot show'
        : null,
    })),
    ...[...mine.values()].flatMap((row) => contentDifference(row, shown.get(keyOf(row)), theirs)),
  ]
}

/** Why a stream that we list may be missing from a peer's listing, if that is known of the peer. */
function whyMissing(
  peer: Peer,
  row: ListedStream,
  ours: Readable,
  theirs: Readable,
): string | null {
  if (row.path.startsWith('$Orphan/')) {
    return `${peer} finds files through folders only, and none leads to this one`
  }
  if (peer === 'ntfs-3g') {
    const blocked = theirs.unreadable.find(
      ({ path }) => row.path === path || path === '.' || row.path.startsWith(`${path}/`),
    )
    return blocked === undefined ? null : `ntfs-3g cannot look there: ${blocked.reason}`
  }
  const siblings = ours.streams.filter(({ path }) => path === row.path).length
  return siblings > FLS_EXTENSION_RECORDS
    ? 'fls drops extension records of a file past the 256th'
    : null
}

function contentDifference(
  mine: ListedStream,
  other: ListedStream | undefined,
  theirs: Readable,
): Difference[] {
  if (other === undefined || other.sha256 === mine.sha256) return []
  // The peer does not tell contents, or failed on this one and said so.
  if (other.sha256 === null) {
    const failed = theirs.unreadable.find(({ path }) => path === keyOf(mine))
    if (failed === undefined) return []
    return [{ what: `only sidestream reads ${escaped(keyOf(mine))}`, peersFault: failed.reason }]
  }
  const found = mine.sha256 === null ? 'unreadable here' : 'other content'
  return [{ what: `${escaped(keyOf(mine))}: ${found}`, peersFault: null }]
}

/**
 * How fls may spell a name that it cannot show: `^` for a control character; `^` for half a surrogate
 * pair, with or without the unit behind it.
 */
function flsSpellings(row: ListedStream): string[] {
  const name = keyOf(row)
  const control = name.replace(/[\x00-\x1f\x7f]/g, '^')
  const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
  const spellings = [
    control.replace(lone, '^'),
    control.replace(new RegExp(`(?:${lone.source}).?`, 'g'), '^'),
  ]
  return spellings.filter((spelling) => spelling !== name)
}

/** Fit for a terminal, whoever chose the name. */
function escaped(name: string): string {
  return JSON.stringify(name).slice(1, -1)
}
