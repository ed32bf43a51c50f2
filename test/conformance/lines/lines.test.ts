/** A line that the addon finishes is, byte for byte, the line that TypeScript would write. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ScannedStream } from '../../../native/scan.ts'
import { toJson } from '../../../server/cli/ndjson-listing.ts'
import { toRecord } from '../../../server/cli/stream-record.ts'
import { SCRIPTS, SIGNATURES } from '../../../server/streams/executable-content.ts'
import { knownStreams } from '../../../server/streams/known-streams.ts'
import { buildDriver, nativeLines } from './lines-driver.ts'

beforeAll(buildDriver, 120_000)

const ORDINARY: ScannedStream = {
  path: 'Users\\Ann\\setup.exe',
  links: ['Users\\Ann\\setup.exe'],
  name: 'Zone.Identifier',
  identity: 'ntfs:281474976710700',
  size: 0n,
  allocated: 0n,
  modifiedNs: 1_700_000_000_123_456_700n,
  kind: 'file',
  isResident: true,
  sha256: null,
  content: null,
}

const utf8 = (text: string) => Buffer.from(text, 'utf8')

/** A stream whose content was read whole. */
function holding(content: Uint8Array, rest: Partial<ScannedStream> = {}): ScannedStream {
  return { ...ORDINARY, content, size: BigInt(content.length), ...rest }
}

function typescriptLine(stream: ScannedStream): string {
  const line = `${toJson(toRecord(stream), { hash: false, content: false, deleted: false })}\n`
  return Buffer.from(line, 'utf8').toString('latin1')
}

/** Returns how many of the lines were native. */
function expectSameLines(streams: readonly ScannedStream[]): number {
  const names = new Set(streams.map(({ name }) => name))
  const lines = nativeLines(streams, names)
  expect(lines).toHaveLength(streams.length)
  let native = 0
  for (const [i, line] of lines.entries()) {
    if (line === null) continue
    native += 1
    expect(line).toBe(typescriptLine(streams[i]!))
  }
  return native
}

/** UTF-16 units of every kind: controls, quotes, bidi, beyond the basic plane, surrogates without partner. */
const units = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme-ascii' }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 2,
    arbitrary: fc.string({
      unit: fc.constantFrom(
        ...'\0\b\t\n\v\f\r\x1b\x1f"\\/\x7f\x80\u00df\u017f\u202e\u2028\u2066\ufeff\uffff\ud800\udbff\udc00\udfff',
        '\u{1f600}',
        'a',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 200, maxLength: 600 }) },
)
const path = fc.oneof(
  units,
  units.map((name) => `Program Files\\${name}`),
  fc.constantFrom(
    '.',
    'Partition2\\.',
    '/',
    'C:',
    'c:\\',
    '\\\\?\\D:\\',
    '\\\\.\\E:',
    'F:/',
    'a:b',
    '$MFT',
    '$Extend\\x',
  ),
  fc.constantFrom(
    'Windows\\System32\\x',
    '/mnt/WINDOWS/syswow64',
    'Windows\\\u017fystem32\\x',
    'Systems',
  ),
)
const links = fc
  .tuple(path, fc.array(path, { maxLength: 3 }))
  .map(([first, more]) => [first, ...more])
const size = fc.oneof(
  fc.bigInt(0n, 100_000n),
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n),
)
const modifiedNs = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(
    0n,
    -1n,
    1n,
    -(2n ** 63n),
    2n ** 63n - 1n,
    951_782_400_000_000_000n,
    -62_135_596_800n,
  ),
  fc.bigInt(-20_000n, 100_000n).map((days) => days * 86_400_000_000_000n),
)
const facts = fc.record({
  links,
  allocated: size,
  modifiedNs,
  kind: fc.constantFrom('file', 'directory' as const),
  isResident: fc.boolean(),
})

const key = fc.constantFrom(
  'ZoneId',
  'HostUrl',
  'ReferrerUrl',
  'HostIpAddress',
  'LastWriterPackageFamilyName',
  'AppZoneId',
)
const value = fc.oneof(
  fc.constantFrom(
    '3',
    '0',
    '4',
    '5',
    '-1',
    '+3',
    '03',
    '99999999999',
    '0x3',
    '3 ;',
    '',
    ' 3 ',
    'x',
  ),
  fc.webUrl(),
  fc.string(),
  fc.constantFrom('C:\\Users\\B"ob\\a.zip', 'a=b', '\t', 'é'),
  fc.constantFrom(256, 257, 1_024, 1_025, 8_192, 8_193).map((length) => 'u'.repeat(length)),
)
const lineEnd = fc.oneof(
  { weight: 8, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\n\r\n', '\0', ' \r\n', '\r\r\n') },
)
const keyLine = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: key },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'zoneid',
          'ZoneId ',
          ' HostUrl',
          'AppDefinedZoneId',
          '; x',
          'Foo',
          '',
        ),
      },
    ),
    value,
    lineEnd,
  )
  .map(([name, text, end]) => `${name}=${text}${end}`)
const mark = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('[ZoneTransfer]\r\n') },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '[zonetransfer]\r\n',
          '[ZoneTransfer]',
          '\ufeff[ZoneTransfer]\r\n',
          '',
        ),
      },
    ),
    fc.array(keyLine, { maxLength: 6 }),
    fc.constantFrom('', '', 'ZoneId=3', 'HostUrl=x', '\0', '\r\n'),
  )
  .map((parts) => utf8(parts.flat().join('')))

const RUNS = { numRuns: 60 }
const rows = <T>(row: fc.Arbitrary<T>) => fc.array(row, { minLength: 20, maxLength: 60 })

describe('a line that the addon finishes', () => {
  it('is TypeScript’s for marks of every form, and is finished for the plain ones', () => {
    fc.assert(
      fc.property(rows(fc.tuple(mark, facts)), (marks) => {
        expectSameLines(
          marks.map(([content, rest]) => holding(content, { ...rest, path: rest.links[0]! })),
        )
      }),
      RUNS,
    )
    const plain = ['0', '3', '4'].flatMap((zone) =>
      [
        '',
        '\r\n',
        '\r\nHostUrl=https://a.example/\r\n',
        '\r\nAppZoneId=4\r\nReferrerUrl=C:\\x "y"',
      ].map((rest) => holding(utf8(`[ZoneTransfer]\r\nZoneId=${zone}${rest}`))),
    )
    expect(expectSameLines(plain)).toBe(plain.length)
  })

  it('is TypeScript’s for any bytes under the name of a mark', () => {
    const cut = fc
      .tuple(mark, fc.nat(), fc.uint8Array({ maxLength: 4 }))
      .map(([text, at, bytes]) => {
        const place = at % (text.length + 1)
        return Buffer.concat([text.subarray(0, place), bytes, text.subarray(place)])
      })
    fc.assert(
      fc.property(rows(fc.oneof(cut, fc.uint8Array({ maxLength: 80 }))), (contents) => {
        expectSameLines(contents.map((content) => holding(content)))
      }),
      RUNS,
    )
  })

  it('is TypeScript’s for names, paths, links, sizes and times of every kind', () => {
    const name = fc.oneof(
      units,
      fc.constantFrom(
        'Zone.Identifier',
        'zone.identifier',
        'Zone.Identifier ',
        '$J',
        'a.exe',
        'x.exe. ',
      ),
      fc.constantFrom(
        ...knownStreams.flatMap(({ name }) => (typeof name === 'string' ? [name] : [])),
      ),
      ...knownStreams.flatMap(({ name }) =>
        typeof name === 'string' ? [] : [fc.stringMatching(name)],
      ),
    )
    const content = fc.oneof(
      mark,
      fc.constantFrom('', 'Anaheim', 'MZ', 'MZx', '{"a":"bc=="}').map(utf8),
    )
    fc.assert(
      fc.property(rows(fc.tuple(name, content, facts)), (streams) => {
        expectSameLines(
          streams.map(([stream, bytes, rest]) =>
            holding(bytes, { ...rest, name: stream, path: rest.links[0]! }),
          ),
        )
      }),
      RUNS,
    )
  })

  it('is TypeScript’s for streams larger than what was read of them, or not read at all', () => {
    const read = fc.tuple(
      fc.option(mark),
      size,
      fc.constantFrom('Zone.Identifier', 'SmartScreen', 'CRC1'),
    )
    fc.assert(
      fc.property(rows(read), (streams) => {
        expectSameLines(
          streams.map(([content, bytes, name]) => ({ ...ORDINARY, name, content, size: bytes })),
        )
      }),
      RUNS,
    )
    for (const [name, limit] of [
      ['SmartScreen', 65_536],
      ['CRC1', 4_096],
      ['note', 65_536],
    ] as const) {
      for (const bytes of [limit - 1, limit, 32_768, 32_769]) {
        expectSameLines([holding(Buffer.alloc(bytes, 'a'), { name })])
      }
    }
  })

  it('is TypeScript’s for content with anything to run in it', () => {
    const around = fc.stringMatching(/^[\w+/=.,:;{}"-]{0,12}$/)
    const script = fc.oneof(...SCRIPTS.map((pattern) => fc.stringMatching(sampled(pattern))))
    const signature = fc
      .constantFrom(...SIGNATURES)
      .map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
    const words = fc.constantFrom(
      'WScript.Shell',
      'iex"',
      'Invoke-Expression"',
      'createobject',
      'cmd',
      'MZ',
    )
    const content = fc.tuple(around, fc.oneof(script, signature, words), around)
    fc.assert(
      fc.property(rows(content), (contents) => {
        expectSameLines(
          contents.flatMap((parts) => {
            const bytes = Buffer.from(parts.join(''), 'latin1')
            return ['note', 'SmartScreen'].map((name) => holding(bytes, { name }))
          }),
        )
      }),
      RUNS,
    )
  })

  it('is made for small streams of plain words whose name was judged, and for no others', () => {
    const content = utf8('{"com.dropbox.attributes":"eJyrVkrO"}')
    const judged = holding(content, { name: 'com.dropbox.attrs' })
    expect(nativeLines([judged], [])).toEqual([null])
    expect(nativeLines([judged], ['com.dropbox.attrs'])).toEqual([typescriptLine(judged)])
  })
})

/** fast-check knows no word boundaries; where one stands, the text around it makes one or not. */
function sampled(pattern: RegExp): RegExp {
  return new RegExp(pattern.source.replaceAll('\\b', ''))
}
