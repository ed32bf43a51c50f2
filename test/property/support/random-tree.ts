/**
 * Random trees: nested folders, hard links, names that programs trip over, and streams from none to some that a
 * quarantine keeps in a file of its own. All contents differ, so that each can be told wherever it turns up.
 */
import { join } from 'node:path'
import fc from 'fast-check'
import { isRoot } from '../../support/is-root.ts'
import type { Entry } from './disk.ts'

export const ZONE = 'Zone.Identifier'
/** What Windows takes for the same name and Linux does not. Nothing is ordered of it. */
export const ZONE_IN_ANOTHER_CASE = 'zone.identifier'
/** Refused whatever is ordered. */
export const NEVER = 'AFP_Resource'

/** `#` becomes a number, so that no two are the same. */
const NAMES = [
  'setup#.exe',
  '-rf #',
  ' # ',
  '#.',
  '.hidden #',
  'grüße 😀 例 #',
  'decomposed e\u0301 #',
  '\u202egpj.#',
  'line\nbreak #',
  '"#\'',
  '%41;$HOME`#`',
  'back\\slash #',
  '*?[#]{}',
  // Bytes that are no UTF-8, as both Python and the addon tell them.
  'not utf-8 \udcff #',
  `${'n'.repeat(230)} #`,
]
const STREAMS = [
  ZONE,
  ZONE,
  ZONE_IN_ANOTHER_CASE,
  'Other',
  'ストリーム 😀',
  ' blanks ',
  '-rf *',
  's'.repeat(230),
  NEVER,
]

interface RawStream {
  readonly name: string
  readonly size: number
}

interface RawCarrier {
  readonly parent: number
  readonly name: string
  readonly size: number
  readonly mode: number
  readonly time: number
  /** The folder that holds another hard link to it. */
  readonly link: number | null
  readonly streams: readonly RawStream[]
}

export interface RawTree {
  readonly folders: readonly RawCarrier[]
  readonly files: readonly RawCarrier[]
}

/** Without a file system for large ones, all of a carrier's streams share one block of 4 KiB. */
const sizes = (isLargeTaken: boolean) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    { weight: 12, arbitrary: fc.nat(300) },
    { weight: isLargeTaken ? 4 : 0, arbitrary: fc.nat(8_000) },
    // Beyond 32 KiB the quarantine keeps it in a file; Linux takes 64 KiB in one attribute.
    { weight: isLargeTaken ? 1 : 0, arbitrary: fc.integer({ min: 32_700, max: 60_000 }) },
  )

export function randomTrees(isLargeTaken: boolean): fc.Arbitrary<RawTree> {
  const carrier = fc.record<RawCarrier>({
    parent: fc.nat(9),
    name: fc.constantFrom(...NAMES),
    size: fc.nat(2_000),
    // Only root may change streams of what nobody may write.
    mode: fc.constantFrom(0o644, 0o600, 0o755, isRoot ? 0o444 : 0o640),
    time: fc.nat(2 ** 30),
    link: fc.option(fc.nat(9), { freq: 4 }),
    streams: fc.uniqueArray(
      fc.record({ name: fc.constantFrom(...STREAMS), size: sizes(isLargeTaken) }),
      { maxLength: isLargeTaken ? 4 : 3, selector: ({ name }) => name },
    ),
  })
  return fc.record({
    folders: fc.array(carrier, { minLength: 1, maxLength: 4 }),
    files: fc.array(carrier, { minLength: 2, maxLength: 8 }),
  })
}

/** Every carrier with a parent before it; the root is the first. */
export function laidOut(root: string, { folders, files }: RawTree): Entry[] {
  let number = 0
  const places = [root]
  const entryOf = (raw: RawCarrier, kind: Entry['kind']): Entry => {
    number += 1
    const into = (parent: number) => places[parent % places.length]!
    const named = (text: string) => raw.name.replace('#', `${number}${text}`)
    const path = join(into(raw.parent), named(''))
    const links =
      raw.link === null || kind === 'directory' ? [] : [join(into(raw.link), named(' link'))]
    const streams = raw.streams.map(({ name, size }, at) => [
      name,
      Buffer.from(contentOf(name, size, `${number}.${at}`)).toString('base64'),
    ])
    return {
      path,
      kind,
      content: kind === 'directory' ? '' : `content ${number} ${'x'.repeat(raw.size)}`,
      mode: kind === 'directory' ? 0o755 : raw.mode,
      mtimeNs: String(1_400_000_000_000_000_000n + BigInt(raw.time) * 123_456_789n),
      atimeNs: String(1_300_000_000_000_000_000n + BigInt(raw.time) * 98_765_432n),
      links,
      streams: Object.fromEntries(streams),
    }
  }
  const entries: Entry[] = []
  const top = { parent: 0, name: '', size: 0, mode: 0, time: 1, link: null, streams: [] }
  entries.push({ ...entryOf(top, 'directory'), path: root })
  for (const raw of folders) {
    const entry = entryOf(raw, 'directory')
    entries.push(entry)
    places.push(entry.path)
  }
  for (const raw of files) entries.push(entryOf(raw, 'file'))
  return entries
}

/** A mark with its address, or bytes that are no mark; nothing where the size is 0. */
function contentOf(stream: string, size: number, id: string): string {
  if (size === 0) return ''
  if (stream !== ZONE) return `${id}:${'s'.repeat(size)}`
  return markOf(id, size)
}

/** With an address of this length; some marks say nothing beyond their zone. */
export function markOf(id: string, size: number): string {
  const zone = '[ZoneTransfer]\r\nZoneId=3\r\n'
  return size % 11 === 1 ? zone : `${zone}HostUrl=https://example.com/${id}/${'a'.repeat(size)}\r\n`
}
