import { type KnownStream, knownStreams } from './known-streams.ts'

const byName = new Map<string, KnownStream>()
const byPattern: { readonly pattern: RegExp; readonly known: KnownStream }[] = []
for (const known of knownStreams) {
  if (typeof known.name === 'string') byName.set(known.name.toLowerCase(), known)
  else byPattern.push({ pattern: new RegExp(`^(?:${known.name.source})$`, 'is'), known })
}

/** What the catalogue knows of a stream's name. Says nothing about the stream's content. */
export function findKnownStream(streamName: string): KnownStream | undefined {
  if (recent.has(streamName)) return recent.get(streamName)
  const known = lookUp(streamName)
  // Names are chosen by whoever wrote the streams: without a bound they would fill the memory.
  if (recent.size >= MAX_RECENT) recent.clear()
  recent.set(streamName, known)
  return known
}

/** The streams of a scan have few names between them, and the patterns take time. */
const recent = new Map<string, KnownStream | undefined>()
const MAX_RECENT = 1_000

function lookUp(streamName: string): KnownStream | undefined {
  return (
    byName.get(streamName.toLowerCase()) ??
    byPattern.find(({ pattern }) => pattern.test(streamName))?.known
  )
}
