/** Finds what `strip`, `reduce` and `mark` are about: streams, or files without one, below paths of people. */
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { NativeAddon, NativeError, NativeHints, NativeUnreadable } from '../../native/addon.ts'
import { type ScannedStream, scanTarget } from '../../native/scan.ts'
import { CliError } from './cli-error.ts'

export interface FoundStream {
  readonly volumeId: string
  readonly stream: ScannedStream
}

export interface Found {
  readonly streams: readonly FoundStream[]
  readonly unreadable: readonly NativeUnreadable[]
}

/** A folder or volume to open, and the path inside it that was named. */
export interface NamedPlace {
  readonly root: string
  readonly path: string
  readonly isFolder: boolean
}

/** Absolute: a state folder remembers them. */
export function namedPlaces(paths: readonly string[]): NamedPlace[] {
  return paths.map((given) => {
    const path = resolve(given)
    let isFolder: boolean
    try {
      isFolder = statSync(path).isDirectory()
    } catch (cause) {
      throw new CliError('NOT_FOUND', `${given}: ${(cause as Error).message}`, { cause })
    }
    return { root: isFolder ? path : dirname(path), path, isFolder }
  })
}

/** With `isRecursive` everything at and below the named places, else their own streams only. */
export async function findStreams(
  addon: NativeAddon,
  places: readonly NamedPlace[],
  options: {
    readonly isRecursive: boolean
    readonly hints: NativeHints
    readonly signal: AbortSignal
  },
): Promise<Found> {
  const streams = new Map<string, FoundStream>()
  const unreadable: NativeUnreadable[] = []
  for (const place of places) {
    const { volumeId } = await addon.probe(place.root, options.hints)
    const add = (stream: ScannedStream) => {
      // A file named twice, or by two of its links, is one target.
      streams.set(`${volumeId}\0${stream.identity}\0${stream.name}`, { volumeId, stream })
    }
    if (options.isRecursive && place.isFolder) {
      for await (const chunk of scanTarget(
        addon,
        place.root,
        scanOptions(options.hints),
        options.signal,
      )) {
        unreadable.push(...chunk.unreadable)
        chunk.streams.forEach(add)
      }
    } else {
      await listOne(addon, place, options.hints, add, unreadable)
    }
  }
  return { streams: [...streams.values()], unreadable }
}

const CONTENT_BYTES = 32 * 1024

function scanOptions(hints: NativeHints) {
  const bounds = { includeInternal: false, exclude: [], batchStreams: 1_000 }
  return { hash: true, contentBytes: CONTENT_BYTES, hints, ...bounds }
}

async function listOne(
  addon: NativeAddon,
  { root, path }: NamedPlace,
  hints: NativeHints,
  add: (stream: ScannedStream) => void,
  unreadable: NativeUnreadable[],
): Promise<void> {
  const carrier = await addon.openCarrier(root, path, null, hints)
  try {
    for (const entry of await carrier.list()) {
      try {
        add({
          ...entry,
          path,
          links: [path],
          identity: carrier.identity,
          modifiedNs: carrier.modifiedNs,
          kind: carrier.kind,
          sha256: await carrier.hash(entry.name),
          content: await carrier.read(entry.name, 0, CONTENT_BYTES),
        })
      } catch (error) {
        const { code, message, operation, systemCode } = error as NativeError
        unreadable.push({ path, stream: entry.name, code, message, operation, systemCode })
      }
    }
  } finally {
    carrier.close()
  }
}
