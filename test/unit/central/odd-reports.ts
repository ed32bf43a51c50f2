/** Reports as hostile and odd as the protocol lets them be, for property tests. */
import * as fc from 'fast-check'
import type { StoredDelta } from '../../../server/central/store/inventory/stored-delta.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'

/** Few enough that the same comes again, in another case, or with another unpaired surrogate. */
const names = fc.constantFrom(
  'Zone.Identifier',
  'zone.identifier',
  'payload.exe',
  'a',
  'A',
  '\ud800',
  '\ud801',
  'a\0b',
  'ä',
  '\ud83d\ude00',
)
const paths = fc.constantFrom(
  'C:\\Downloads\\setup.exe',
  'C:\\downloads\\SETUP.EXE',
  'C:\\Downloads\\setup\ud800.exe',
  'C:\\Down\udc00loads\\setup.exe',
  '/srv/share/a\\b',
  'plain',
  'C:\\',
  'C:\\a\\x\0y',
  'C:\\Tools\\100%_done.txt',
)
const volumes = fc.constantFrom('ntfs-0123456789abcdef', 'fs-00ff')
const identities = fc.constantFrom(
  'ntfs:0',
  'ntfs:1',
  'ntfs:281474976710700',
  'ntfs:18446744073709551615',
  'ntfs:18446744073709551616',
  'ntfs:007',
  'ntfs:3377699720528380',
  'ntfs:9007199254740993',
  'ntfs:72057594037927936',
  'ntfs:5@2',
  'posix:12345678901234567890:1700000000',
)
const timestamps = fc.oneof(
  fc.constantFrom(
    '2026-11-20T08:00:00.1234567Z',
    '2026-11-20T08:00:00Z',
    '2026-11-20T08:00:00.10Z',
    '2026-11-20T08:00:00.0Z',
    '2026-11-20T08:00:00.123456789Z',
    '2026-02-31T25:61:00Z',
    '1601-01-01T00:00:00Z',
    '1991-06-01T00:00:00.0000001Z',
    '9999-12-31T23:59:59.9999999Z',
    '123456-01-01T00:00:00Z',
  ),
  fc
    .integer({ min: 0, max: 2_000_000_000 })
    .map((seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}.7654321Z`),
)
const sizes = fc.constantFrom(0, 1, 120, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER)
const urls = fc.constantFrom(
  null,
  '',
  'https://cdn.example.com/setup.exe',
  'https://CDN.example.com/setup.exe',
  'https://x.org/\ud800?setup.exe',
  'setup.exe',
  'about:internet',
)
const integers = fc.constantFrom(null, -1, 0, 3, 4, 2 ** 53, 1e300)
const origins = fc.option(
  fc.record({
    id: integers,
    hostUrl: urls,
    referrerUrl: urls,
    hostIpAddress: fc.constantFrom(null, '192.0.2.1', '\ud800'),
    lastWriterPackageFamilyName: fc.constantFrom(null, 'Edge_8wekyb', 'Edge_\udfff'),
    appZoneId: integers,
    appDefinedZoneId: integers,
  }),
)

export const oddReport: fc.Arbitrary<ReportedStream> = fc
  .record({
    volumeId: volumes,
    identity: identities,
    stream: names,
    path: paths,
    otherLinks: fc.array(paths, { maxLength: 2 }),
    hasOwnPathAsLink: fc.boolean(),
    kind: fc.constantFrom('file', 'directory'),
    sizeBytes: sizes,
    allocatedBytes: sizes,
    isResident: fc.boolean(),
    modifiedAt: timestamps,
    sha256: fc.constantFrom(null, 'a'.repeat(64), '0123456789abcdef'.repeat(4)),
    origin: origins,
    verdict: fc.constantFrom('mark', 'suspicious', 'unknown', 'keep', 'harmless'),
    rule: fc.constantFrom('zone-identifier', 'rule\ud800', 'R'),
  })
  .map(({ otherLinks, hasOwnPathAsLink, ...report }) => {
    const links =
      hasOwnPathAsLink || otherLinks.length === 0 ? [report.path, ...otherLinks] : otherLinks
    return { ...report, links } as unknown as ReportedStream
  })

const oddKey = fc.record({ volumeId: volumes, identity: identities, stream: names })

/** Without a sequence: whoever sends it counts. */
export const oddDelta: fc.Arbitrary<Omit<StoredDelta, 'sequence'>> = fc
  .record({
    upserts: fc.array(oddReport, { maxLength: 6 }),
    gone: fc.array(oddKey, { maxLength: 3 }),
    resync: fc.option(
      fc.record({
        id: fc.constantFrom('r1', 'r2', 'r3'),
        isLast: fc.boolean(),
        buckets: fc.option(
          fc.record({
            count: fc.constant(4),
            numbers: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
          }),
        ),
      }),
    ),
  })
  .map((delta) => delta as unknown as Omit<StoredDelta, 'sequence'>)
