/** A small fleet of odd streams, and queries about them: what random tests of the search draw from. */
import fc from 'fast-check'
import type { MachineId, VolumeId } from '../../../../server/protocol/ids.ts'
import type { ReportedStream, VerdictName } from '../../../../server/protocol/stream.ts'
import type { Query, TextField } from '../../../../server/streams/query/ast.ts'

export interface MadeMachine {
  machineId: MachineId
  hostname: string
  labels: string[]
  streams: ReportedStream[]
}

const FOLDERS = [
  'C:\\Users\\Ann\\Downloads\\',
  'C:\\users\\ann\\downloads\\',
  'C:\\Users\\Bob\\',
  'C:\\Windows\\System32\\',
  'C:\\',
  'D:\\Down\ud800loads\\',
  '/srv/share/',
  '/',
  '',
]
const NAMES = [
  'setup.exe',
  'Setup.EXE',
  'setup_v1.msi',
  'setup-2.exe',
  'report (1).pdf',
  '100%.docx',
  '.profile',
  'a\ud800b',
  'übung.TXT',
  'x\0hidden.exe',
  'README',
  'Downloads',
]
const STREAMS = ['Zone.Identifier', 'zone.identifier', 'payload.exe', 'a\0b', '\udc00', 'setup']
const URLS = [
  null,
  'https://cdn.example.com/a/setup.exe',
  'https://CDN.Example.com:8443/x',
  'http://files.example.org/?q=1',
  'about:internet',
  'ftp://x.y/\ud800',
]
const REFERRERS = [null, 'https://portal.example.com/downloads', 'C:\\Users\\Ann\\archive.zip']
const WRITERS = [null, 'Microsoft.MicrosoftEdge_8wekyb3d8bbwe']
const HASHES = [null, 'ab'.repeat(32), `abcd${'0'.repeat(60)}`, 'f0'.repeat(32)]
const VERDICTS: [VerdictName, string][] = [
  ['mark', 'zone-identifier'],
  ['suspicious', 'content-windows-program'],
  ['unknown', 'unknown-name'],
]
const SIZES = [0, 1, 119, 120, 65_536, 65_537, 2 ** 40]
const VOLUMES = ['ntfs-0123456789abcdef', 'fs-00ff'] as VolumeId[]
const LABELS = ['site:oslo', 'Finance', 'finance', 'lab']

/** When deltas came. */
export const TIMES = [1_000_000, 2_000_000, 2_500_000, 3_000_000]

const originOf = fc.option(
  fc.record({
    id: fc.constantFrom(null, 0, 3, 4),
    hostUrl: fc.constantFrom(...URLS),
    referrerUrl: fc.constantFrom(...REFERRERS),
    hostIpAddress: fc.constant(null),
    lastWriterPackageFamilyName: fc.constantFrom(...WRITERS),
    appZoneId: fc.constant(null),
    appDefinedZoneId: fc.constant(null),
  }),
)

const oneStream: fc.Arbitrary<ReportedStream> = fc
  .record({
    volumeId: fc.constantFrom(...VOLUMES),
    number: fc.integer({ min: 1, max: 40 }),
    stream: fc.constantFrom(...STREAMS),
    folder: fc.constantFrom(...FOLDERS),
    name: fc.constantFrom(...NAMES),
    kind: fc.constantFrom('file' as const, 'directory' as const),
    sizeBytes: fc.constantFrom(...SIZES),
    sha256: fc.constantFrom(...HASHES),
    origin: originOf,
    verdict: fc.constantFrom(...VERDICTS),
  })
  .map(({ number, folder, name, verdict: [verdict, rule], ...rest }) => ({
    ...rest,
    identity: `ntfs:${number}` as ReportedStream['identity'],
    path: folder + name,
    links: [folder + name],
    allocatedBytes: 0,
    isResident: true,
    modifiedAt: '2026-11-20T08:00:00Z',
    verdict,
    rule,
  }))

export const randomFleet: fc.Arbitrary<MadeMachine[]> = fc
  .array(
    fc.record({
      labels: fc.uniqueArray(fc.constantFrom(...LABELS), { maxLength: 2 }),
      streams: fc.array(oneStream, { maxLength: 25 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((machines) =>
    machines.map(({ labels, streams }, index) => ({
      machineId: `00000000-0000-4000-8000-00000000000${index}` as MachineId,
      hostname: ['PC-1', 'pc-2', 'fileserver', 'PC-10', 'Ö'][index]!,
      labels,
      streams,
    })),
  )

const PATTERNS: Record<Exclude<TextField, 'content'>, readonly string[]> = {
  any: ['setup', 'down', 'ann\\\\downloads', 'C:\\\\*.exe', 'share/', '*a?b', 'oad', 'x', '\ud800'],
  machine: ['pc-1', 'PC-*', 'fileserver', '00000000-*', 'nobody', '?'],
  label: ['finance', 'site:*', 'lab', 'none'],
  path: [
    'setup',
    'Users\\\\Bob',
    'downloads\\\\setup',
    'C:\\\\Users\\\\*\\\\Downloads\\\\*',
    'C:\\\\*',
    '/srv/share/100%',
    'srv',
    '/*',
    'a',
    '*',
    'hidden',
    'loads\\\\',
    '*.exe',
  ],
  dir: ['C:', 'downloads', 'C:\\\\Users\\\\*', '', '/srv/share', 'C:\\\\Users\\\\Bob', 'do*s', '*'],
  name: ['setup.exe', 'setup*', '*.exe', '?etup.exe', '*', 'readme', '100%.docx', '*_v?.msi', 'no'],
  ext: ['exe', 'E?E', '', 'txt', 'nope'],
  stream: ['zone.identifier', 'Z*', '*load*', 'nope', '*', 'a?b'],
  host: ['cdn.example.com', '*.example.*', 'files*', 'x.y', '*', 'nowhere'],
  referrer: ['portal', 'archive.zip', '*', 'nothing', 'HTTPS*', 'C:'],
  writer: ['edge', 'nope', '*'],
  verdict: ['mark', 'sus*', 'keep'],
  rule: ['zone-identifier', 'content-*', 'nope'],
  sha256: ['ab'.repeat(32), 'abcd*', 'AB*', '*', 'f*0', 'abcdef*'],
  kind: ['file', 'dir*'],
  volume: ['fs-00ff', 'ntfs-*', 'nope'],
}

const textLeaf = fc
  .constantFrom(...(Object.keys(PATTERNS) as (keyof typeof PATTERNS)[]))
  .chain((field) =>
    fc.constantFrom(...PATTERNS[field]).map((pattern): Query => ({ kind: 'text', field, pattern })),
  )
const bounds = (values: readonly number[]) =>
  fc
    .tuple(fc.option(fc.constantFrom(...values)), fc.option(fc.constantFrom(...values)))
    .map(([a, b]) => (a !== null && b !== null && a > b ? [b, a] : [a, b]))
const numberLeaf = fc.oneof(
  bounds(SIZES).map(
    ([min, max]): Query => ({ kind: 'number', field: 'size', min: min!, max: max! }),
  ),
  bounds([0, 3, 4]).map(
    ([min, max]): Query => ({ kind: 'number', field: 'zone', min: min!, max: max! }),
  ),
  fc.constant<Query>({ kind: 'zone-absent' }),
)
const timeLeaf = fc
  .tuple(fc.constantFrom('first' as const, 'seen' as const, 'gone' as const), bounds([0, ...TIMES]))
  .map(([field, [from, to]]): Query => ({ kind: 'time', field, from: from!, to: to! }))

export const randomQuery: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 5, arbitrary: textLeaf },
    { weight: 1, arbitrary: numberLeaf },
    { weight: 1, arbitrary: timeLeaf },
    { weight: 1, arbitrary: fc.constant<Query>({ kind: 'all' }) },
    { weight: 2, arbitrary: tie('query').map((item): Query => ({ kind: 'not', item })) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom('and' as const, 'or' as const),
          fc.array(tie('query'), { maxLength: 4 }),
        )
        .map(([kind, items]): Query => ({ kind, items })),
    },
  ),
})).query
