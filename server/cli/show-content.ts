/** Prints the content of one stream: as text made safe, as a hex dump, or its bytes. */
import type { NativeCarrier, NativeStreamEntry } from '../../native/addon.ts'
import { displayName } from '../streams/display-name.ts'
import { badUsage } from './cli-error.ts'
import { hexDump } from './hex-dump.ts'
import type { ShowFlags } from './show-command.ts'
import type { Terminal } from './terminal.ts'

/** Bytes in memory at a time; a multiple of a hex dump's line. */
const CHUNK_BYTES = 256 * 1024

export async function printContent(
  carrier: NativeCarrier,
  entry: NativeStreamEntry,
  flags: ShowFlags,
  terminal: Terminal,
): Promise<void> {
  if (flags.raw) {
    if (terminal.isOutputTerminal) {
      throw badUsage('--raw could make the terminal do anything: send it to a file or program')
    }
    for await (const { bytes } of chunks(carrier, entry, terminal)) await terminal.write(bytes)
    return
  }
  let decoder: TextDecoder | null = null
  for await (const { bytes, offset } of chunks(carrier, entry, terminal)) {
    if (offset === 0 && !flags.hex) decoder = textDecoder(bytes)
    const text =
      decoder === null ? hexDump(bytes, offset) : safeText(decoder.decode(bytes, { stream: true }))
    await terminal.write(text)
  }
  if (decoder !== null) await terminal.write(`${safeText(decoder.decode())}\n`)
}

async function* chunks(carrier: NativeCarrier, entry: NativeStreamEntry, terminal: Terminal) {
  let offset = 0
  while (BigInt(offset) < entry.size) {
    terminal.signal.throwIfAborted()
    const bytes = await carrier.read(entry.name, offset, CHUNK_BYTES)
    if (bytes.length === 0) break
    yield { bytes, offset }
    offset += bytes.length
  }
}

/** How to read the content as text, by its beginning; null where it is none. */
function textDecoder(start: Uint8Array): TextDecoder | null {
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le')
  if (start.includes(0)) return null
  try {
    // `stream`: a character may be cut at the chunk's end.
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true })
    return new TextDecoder('utf-8')
  } catch {
    return null
  }
}

/** Lines and tabs stay; whatever else a terminal would act on is shown as an escape. */
function safeText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .split(/([\n\t ]+)/)
    .map((part, i) => (i % 2 === 1 ? part : displayName(part)))
    .join('')
}
