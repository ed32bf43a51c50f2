import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeError } from '../../../server/cli/cli-error.ts'
import { hexDump } from '../../../server/cli/hex-dump.ts'
import { displayWidth, humanSize, shortenMiddle } from '../../../server/cli/human.ts'
import { toJson } from '../../../server/cli/ndjson-listing.ts'
import { toRecord } from '../../../server/cli/stream-record.ts'
import { globMatcher } from '../../../server/shared/glob.ts'

describe('globMatcher', () => {
  it.each([
    ['Zone.*', 'zone.identifier', true],
    ['zone.identifier', 'Zone.Identifier', true],
    ['zone', 'Zone.Identifier', false],
    ['*.exe', 'a.exe', true],
    ['*.exe', 'a.exe.txt', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['*', '', true],
    ['', 'x', false],
  ])('%s and %s: %s', (glob, name, isMatch) => expect(globMatcher(glob)(name)).toBe(isMatch))

  it('answers at once where a regular expression would take for ever', () => {
    expect(globMatcher(`${'*a'.repeat(60)}b`)('a'.repeat(255))).toBe(false)
  })
})

describe('sizes and widths', () => {
  it.each([
    [0n, '0 B'],
    [1_023n, '1023 B'],
    [1_024n, '1.0 KiB'],
    [1_536n, '1.5 KiB'],
    [102_400n, '100 KiB'],
    [1_048_575n, '1.0 MiB'],
    [1n << 63n, '8.0 EiB'],
  ])('%d bytes are %s', (bytes, shown) => expect(humanSize(bytes)).toBe(shown))

  it('cuts the middle out, never wider than asked', () => {
    expect(shortenMiddle('C:\\Users\\bob\\setup.exe', 16)).toBe('C:\\Us…\\setup.exe')
    const text = fc.string({ unit: 'grapheme', maxLength: 60 })
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 40 }), (value, width) => {
        expect(displayWidth(shortenMiddle(value, width))).toBeLessThanOrEqual(width)
      }),
    )
  })
})

it('dumps bytes like xxd, from any offset', () => {
  expect(hexDump(new Uint8Array([0x4d, 0x5a, 0]), 16)).toBe(
    '00000010  4d 5a 00                                         MZ.\n',
  )
})

it('prints sizes that no double can hold, digit for digit', () => {
  const record = toRecord({
    path: 'a',
    links: ['a'],
    name: 'b',
    identity: 'ntfs:1',
    size: (1n << 60n) + 1n,
    allocated: 0n,
    modifiedNs: 0n,
    kind: 'file',
    isResident: false,
    sha256: null,
    content: new Uint8Array([1]),
  })
  const json = toJson(record, { hash: true, content: true, deleted: false })
  expect(json).toContain('"size":1152921504606846977,')
  expect(json).toContain('"modified":"1970-01-01T00:00:00Z"')
  expect(json).toMatch(/,"sha256":null,"content":"AQ==","contentTruncated":true}$/)
})

it('describes any failure in one line that a terminal can bear', () => {
  const error = Object.assign(new Error('open a\u001b[2J\n  b'), { code: 'ADS_IO' })
  expect(describeError(error)).toBe('open a\\u001b[2J b [ADS_IO]')
})
