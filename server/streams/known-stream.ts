import { type KnownStream, knownStreams } from './known-streams.ts'

const byName = new Map<string, KnownStream>()
const byPattern: { readonly pattern: RegExp; readonly known: KnownStream }[] = []
for (const known of knownStreams) {
  if (typeof known.name === 'string') byName.set(known.name.toLowerCase(), known)
  else byPattern.push({ pattern: new RegExp(`^(?:${known.name.source})$`, 'is'), known })
}

/** What the catalogue knows of a stream's name. Says nothing about the stream's content. */
export function findKnownStream(streamName: string): KnownStream | undefined {
  return (
    byName.get(streamName.toLowerCase()) ??
    byPattern.find(({ pattern }) => pattern.test(streamName))?.known
  )
}
