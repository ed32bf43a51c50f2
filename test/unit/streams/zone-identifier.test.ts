import fc from 'fast-check'
import { Check } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { Origin } from '../../../server/protocol/stream.ts'
import { parseZoneIdentifier, readZoneIdentifier } from '../../../server/streams/zone-identifier.ts'

const NOTHING: Origin = {
  id: null,
  hostUrl: null,
  referrerUrl: null,
  hostIpAddress: null,
  lastWriterPackageFamilyName: null,
  appZoneId: null,
  appDefinedZoneId: null,
}
const utf8 = (text: string) => new TextEncoder().encode(text)
const utf16 = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'))
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

/** As written by real programs; the words of each say whose it is. */
const SAMPLES: readonly [string, Uint8Array, Partial<Origin>][] = [
  ['Firefox, Outlook or Thunderbird', utf8('[ZoneTransfer]\r\nZoneId=3'), { id: 3 }],
  ['the 26 bytes of Windows XP', utf8('[ZoneTransfer]\r\nZoneId=3\r\n'), { id: 3 }],
  [
    'Chrome',
    utf8(
      '[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://example.com/d?a=b\r\nHostUrl=https://cdn.example.com/setup.exe\r\n',
    ),
    {
      id: 3,
      referrerUrl: 'https://example.com/d?a=b',
      hostUrl: 'https://cdn.example.com/setup.exe',
    },
  ],
  [
    'Chrome in a private window',
    utf8('[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=about:internet\r\n'),
    { id: 3, hostUrl: 'about:internet' },
  ],
  [
    'the first Edge',
    utf8(
      '[ZoneTransfer]\r\nLastWriterPackageFamilyName=Microsoft.MicrosoftEdge_8wekyb3d8bbwe\r\nZoneId=3\r\nHostIpAddress=192.0.2.7\r\n',
    ),
    {
      id: 3,
      lastWriterPackageFamilyName: 'Microsoft.MicrosoftEdge_8wekyb3d8bbwe',
      hostIpAddress: '192.0.2.7',
    },
  ],
  [
    'Explorer after "Extract all"',
    utf8('[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=C:\\Users\\Bob A\\tools.zip\r\n'),
    { id: 3, referrerUrl: 'C:\\Users\\Bob A\\tools.zip' },
  ],
  [
    'PowerShell’s SetZoneOfOrigin (UTF-16 with a byte order mark)',
    utf16('\ufeff[ZoneTransfer]\r\nZoneId=1\r\n'),
    { id: 1 },
  ],
  ['SmartScreen after "Run anyway"', utf8('[ZoneTransfer]\r\nAppZoneId=4\r\n'), { appZoneId: 4 }],
  [
    'a Store app',
    utf8('[ZoneTransfer]\nZoneId=3\nAppDefinedZoneId=0'),
    { id: 3, appDefinedZoneId: 0 },
  ],
  ['UTF-8 with a byte order mark', utf8('\ufeff[ZoneTransfer]\r\nZoneId=3'), { id: 3 }],
  ['UTF-16 that lost its mark', utf16('[ZoneTransfer]\r\nZoneId=4'), { id: 4 }],
  [
    'a Western European code page',
    latin1('[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=C:\\M\xfcller\\a.zip'),
    { id: 3, referrerUrl: 'C:\\Müller\\a.zip' },
  ],
  [
    'old Mac line ends',
    utf8('[ZoneTransfer]\rZoneId=3\rHostUrl=http://a/\r'),
    { id: 3, hostUrl: 'http://a/' },
  ],
  [
    'blanks, case and order',
    utf8(' [zonetransfer] \n HOSTURL = http://a/ \n zoneid = 3 '),
    { id: 3, hostUrl: 'http://a/' },
  ],
  ['the same key twice', utf8('[ZoneTransfer]\nZoneId=3\nZoneId=0\n'), { id: 3 }],
  ['keys before the section', utf8('ZoneId=3\r\n[ZoneTransfer]\r\n'), { id: 3 }],
  ['no section', utf8('ZoneId=3'), { id: 3 }],
  [
    'a zone before the section and another in it',
    utf8('ZoneId=0\r\n[ZoneTransfer]\r\nZoneId=3'),
    { id: 3 },
  ],
  [
    'a zone before the section and one in it that is none',
    utf8('ZoneId=0\r\n[ZoneTransfer]\r\nZoneId=x'),
    {},
  ],
  [
    'a zone before the section and only a URL in it',
    utf8('ZoneId=3\nHostUrl=http://a/\n[ZoneTransfer]\nHostUrl=http://b/'),
    { id: 3, hostUrl: 'http://b/' },
  ],
  [
    'a zone in a section of another name before the right one',
    utf8('[Other]\r\nZoneId=0\r\n[ZoneTransfer]\r\nZoneId=3'),
    { id: 3 },
  ],
  [
    'a zone in a section of another name behind the right one',
    utf8('[ZoneTransfer]\r\nHostUrl=http://a/\r\n[Other]\r\nZoneId=0\r\n'),
    { hostUrl: 'http://a/' },
  ],
  [
    'its section twice, around another',
    utf8('[ZoneTransfer]\nHostUrl=http://a/\n[Other]\nZoneId=0\n[ZoneTransfer]\nZoneId=3'),
    { id: 3, hostUrl: 'http://a/' },
  ],
  [
    'a zone before the section, all on one line',
    utf8('ZoneId=0 [ZoneTransfer] ZoneId=3'),
    { id: 3 },
  ],
  [
    'another section before the right one, all on one line',
    utf8('[Other] ZoneId=0 [ZoneTransfer] ZoneId=3'),
    { id: 3 },
  ],
  [
    'Cyrillic and Chinese addresses in UTF-8',
    utf8(
      '[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://пример.example/загрузки\r\nHostUrl=https://例え.example/安装.exe\r\n',
    ),
    {
      id: 3,
      referrerUrl: 'https://пример.example/загрузки',
      hostUrl: 'https://例え.example/安装.exe',
    },
  ],
  [
    'Cyrillic and Chinese addresses in UTF-16',
    utf16(
      '\ufeff[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=C:\\Загрузки\\архив.zip\r\nHostUrl=https://例え.example/安装\u{20000}.exe\r\n',
    ),
    {
      id: 3,
      referrerUrl: 'C:\\Загрузки\\архив.zip',
      hostUrl: 'https://例え.example/安装\u{20000}.exe',
    },
  ],
  [
    'Cyrillic addresses in UTF-16 that lost its mark',
    utf16('[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://пример.example/安装.exe'),
    { id: 3, hostUrl: 'https://пример.example/安装.exe' },
  ],
  [
    'everything on one line',
    utf8('[ZoneTransfer] ZoneId=3 ReferrerUrl=http://a/?ZoneId=9 HostUrl=http://b/'),
    { id: 3, referrerUrl: 'http://a/?ZoneId=9', hostUrl: 'http://b/' },
  ],
  [
    'everything on one line without blanks',
    utf8('[ZoneTransfer]ZoneId=3HostUrl=http://b/'),
    { id: 3, hostUrl: 'http://b/' },
  ],
  [
    'a section and a key on one of several lines',
    utf8('[ZoneTransfer] ZoneId=3\nHostUrl=http://b/'),
    { id: 3, hostUrl: 'http://b/' },
  ],
  ['zeros at the end', utf8('[ZoneTransfer]\r\nZoneId=3\r\n\0\0\0\0'), { id: 3 }],
  ['only the section', utf8('[ZoneTransfer]'), {}],
  ['a custom zone', utf8('[ZoneTransfer]\nZoneId=-1'), { id: -1 }],
  ['a comment after the number', utf8('[ZoneTransfer]\nZoneId=3 ; Internet'), { id: 3 }],
  ['a zone of more than 32 bits', utf8('[ZoneTransfer]\nZoneId=4294967299'), {}],
  ['a zone that is no number', utf8('[ZoneTransfer]\nZoneId=three'), {}],
  ['a hexadecimal zone, which must not pass for zone 0', utf8('[ZoneTransfer]\nZoneId=0x3'), {}],
]

describe('parseZoneIdentifier', () => {
  it.each(SAMPLES)('reads what %s writes', (_writer, bytes, expected) => {
    expect(parseZoneIdentifier(bytes)).toEqual({ ...NOTHING, ...expected })
  })

  it.each([
    ['nothing', utf8('')],
    ['a text', utf8('hello')],
    ['another INI file', utf8('[Settings]\na=b')],
    ['another INI file with a ZoneId', utf8('[Settings]\nZoneId=3')],
    ['a program', new Uint8Array([0x4d, 0x5a, 0x90, 0])],
    ['more than 32 KiB', utf8(`[ZoneTransfer]\nZoneId=3\n${'x'.repeat(33_000)}`)],
  ])('says that %s is no Zone.Identifier', (_what, bytes) => {
    expect(parseZoneIdentifier(bytes)).toBeNull()
  })

  it('never takes a key out of the URL of a regular mark', () => {
    const bytes = utf8('[ZoneTransfer]\nHostUrl=http://a/ ZoneId=0\nZoneId=3')
    expect(parseZoneIdentifier(bytes)).toMatchObject({ id: 3, hostUrl: 'http://a/ ZoneId=0' })
  })

  it('cuts a value at the limit of the schema, and not inside a surrogate pair', () => {
    const bytes = utf8(
      `[ZoneTransfer]\nHostUrl=${'a'.repeat(8_191)}\u{1f600}\nHostIpAddress=${'1'.repeat(300)}`,
    )
    const origin = parseZoneIdentifier(bytes)
    expect(origin?.hostUrl).toBe('a'.repeat(8_191))
    expect(origin?.hostIpAddress).toHaveLength(256)
  })

  it('answers any bytes with null or an origin that fits the schema', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(
          '[ZoneTransfer]',
          'ZoneId=',
          'HostUrl=',
          'AppZoneId',
          '=',
          '\r\n',
          '\0',
          '3',
          '99999999999',
        ),
        fc.string({ unit: 'binary' }),
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          pieces.map((p) => utf8(p.join(''))),
          pieces.map((p) => utf16(p.join(''))),
        ),
        (bytes) => {
          const origin = parseZoneIdentifier(bytes)
          expect(origin === null || Check(Origin, origin)).toBe(true)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('says the same of the plain form, which is read a shorter way, as of any other', () => {
    const key = fc.constantFrom('ZoneId', 'HostUrl', 'ReferrerUrl', 'AppZoneId', 'HostIpAddress')
    const value = fc.oneof(
      fc.constantFrom('3', '-1', '99999999999', '0x3', '', ' 3 '),
      fc.webUrl(),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 6 }), (pairs) => {
        const lines = ['[ZoneTransfer]', ...pairs.map(([k, v]) => `${k}=${v}`)]
        // A comment, which says nothing, is not part of the plain form.
        const other = ['; comment', ...lines]
        expect(readZoneIdentifier(utf8(`${lines.join('\r\n')}\r\n`))).toEqual(
          readZoneIdentifier(utf8(`${other.join('\r\n')}\r\n`)),
        )
      }),
      { numRuns: 2_000 },
    )
  })
})
