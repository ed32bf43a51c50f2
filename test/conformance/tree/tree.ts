/**
 * The one tree that every provider must show alike, and what it must show. Plain data: how it gets onto a
 * medium is in the media.
 */
import { createHash } from 'node:crypto'

/** What not every medium can carry. */
export type Feature = 'long name' | 'semicolon in name' | 'quote in name' | '60 KB'

export interface TreeStream {
  readonly name: string
  readonly bytes: Buffer
  readonly feature?: Feature
}

export interface TreeCarrier {
  /** Below the root, with `/`. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** Of the unnamed stream. */
  readonly content: string
  /** Further hard links. */
  readonly links: readonly string[]
  readonly streams: readonly TreeStream[]
}

/** One stream as a listing has it; `links` are all paths of the carrier, sorted. */
export interface ListedStream {
  readonly links: readonly string[]
  readonly stream: string
  readonly size: number
  /** Null where it was not asked for. */
  readonly sha256: string | null
  readonly content: string
  readonly kind: 'file' | 'directory'
}

export const ZONE =
  '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://downloads.example.com/setup.exe\r\n'
/** The carrier that strips are about, and one that looks the same and must never be touched. */
export const VICTIM = 'strip/setup.exe'
export const BYSTANDER = 'strip/bystander.exe'
export const MARK = 'Zone.Identifier'

const stream = (name: string, bytes: string | Buffer, feature?: Feature): TreeStream => ({
  name,
  bytes: Buffer.from(bytes as string),
  ...(feature && { feature }),
})
const file = (path: string, ...streams: TreeStream[]): TreeCarrier => ({
  path,
  kind: 'file',
  content: `content of ${path}`,
  links: [],
  streams,
})
const folder = (path: string, ...streams: TreeStream[]): TreeCarrier => ({
  ...file(path, ...streams),
  kind: 'directory',
  content: '',
})
const everyByte = Buffer.from(Array.from({ length: 60_000 }, (_, at) => at % 256))

/** Folders before what is in them. */
export const TREE: readonly TreeCarrier[] = [
  file('setup.exe', stream(MARK, ZONE), stream('SmartScreen', 'Anaheim')),
  file('unmarked.txt'),
  file('.hidden', stream('on a hidden file', 'h')),
  folder('sub', stream('on a folder', 'folder')),
  folder('sub/unmarked folder'),
  folder('sub/deep'),
  folder('sub/deep/deeper', stream('far down', 'd')),
  file('sub/deep/deeper/file', stream('deepest', 'D')),
  file('sub/grüße 😀 例.txt', stream('ストリーム 😀 ñ', 'unicode')),
  { ...file('linked.txt', stream(MARK, ZONE)), links: ['sub/link.txt', 'sub/deep/link.txt'] },
  file('sub/unmarked too.txt'),
  file(
    'many.txt',
    ...Array.from({ length: 40 }, (_, n) => stream(`stream ${n}`, Buffer.alloc(n * 3, n))),
  ),
  file(
    'names.txt',
    stream(' blanks inside and before', 'b'),
    stream('\x05SummaryInformation', 'control character'),
    stream('n'.repeat(255), '255 units', 'long name'),
    stream('a; b', 'two commands to a shell', 'semicolon in name'),
    stream('say "x"', 'quoted', 'quote in name'),
    stream("%41 $HOME `x` 'y' #", 'nothing that is to be expanded'),
  ),
  file(
    'sizes.txt',
    stream('empty', ''),
    stream('a NUL at the end', Buffer.from([1, 0])),
    stream('ends like a marker', Buffer.from([0, 3])),
    stream('large', everyByte, '60 KB'),
  ),
  folder('strip'),
  file(VICTIM, stream(MARK, ZONE), stream('stays', 's')),
  file(BYSTANDER, stream(MARK, ZONE)),
]

/** The expected list, without the streams that have one of these features. */
export function expectedList(without: (feature: Feature) => boolean): ListedStream[] {
  return inOrder(
    TREE.flatMap(({ path, links, kind, streams }) =>
      streams
        .filter(({ feature }) => feature === undefined || !without(feature))
        .map(({ name, bytes }) => ({
          links: [path, ...links].sort(),
          stream: name,
          size: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
          content: bytes.toString('latin1'),
          kind,
        })),
    ),
  )
}

export function inOrder(list: readonly ListedStream[]): ListedStream[] {
  const key = ({ links, stream: name }: ListedStream) => JSON.stringify([links, name])
  return [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
