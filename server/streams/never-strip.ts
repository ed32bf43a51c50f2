/**
 * Streams that no order may remove, whatever anybody approved (design: "What must never happen", 1).
 * This is about correctness, not taste: removing one of these destroys a file, a sync root or the volume.
 */

const RULES: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    // The file's content, compressed; the unnamed stream is a hole. Windows Overlay Filter, wof.h.
    pattern: /^WofCompressedData$/i,
    reason: 'it holds the content of a file that Windows has compressed (CompactOS)',
  },
  {
    // MS-FSCC 5.6.6; for a Mac program the fork can be all there is to the file.
    pattern: /^AFP_Resource$/i,
    reason: 'it is the resource fork of a Mac file and can be the file’s real content',
  },
  {
    pattern: /^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}\.(SyncRootIdentity|MetaData)$/i,
    reason: 'it identifies a cloud sync root, and without it the client may sync everything again',
  },
  // `$DATA` is a legal stream *name* too (`file:$DATA:$DATA`, MS-FSCC 5.4): too close to the unnamed one.
  { pattern: /^\$/, reason: 'names beginning with $ belong to NTFS itself' },
]

/** Why this stream must never be removed, as the end of a sentence, or null if it may be. */
export function neverStripReason(streamName: string): string | null {
  if (streamName === '') return 'a stream without a name is the file’s own content'
  if (/[\0\\/:]/.test(streamName)) {
    // An NTFS name never holds these; with them, the name could address another stream, type or file.
    return 'the name holds a character that no stream name can have'
  }
  return RULES.find((rule) => rule.pattern.test(streamName))?.reason ?? null
}
