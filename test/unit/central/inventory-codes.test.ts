import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeIdentity,
  encodeIdentity,
} from '../../../server/central/store/inventory/identity-code.ts'
import {
  decodeTimestamp,
  encodeTimestamp,
} from '../../../server/central/store/inventory/timestamp-code.ts'

describe('an identity', () => {
  it('comes back as it was, and is a small number where it is a usual file reference', () => {
    const reference = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((n) => `ntfs:${n}`)
    const odd = fc.stringMatching(/^[a-z0-9]{1,5}:[0-9:@]{1,64}$/)
    void fc.assert(
      fc.property(fc.oneof(reference, odd), (identity) => {
        expect(decodeIdentity(encodeIdentity(identity))).toBe(identity)
      }),
      { numRuns: 2_000 },
    )
    const usual = (5n << 48n) | 400_000n
    expect(encodeIdentity(`ntfs:${usual}`)).toBeLessThan(2 ** 31)
    expect([encodeIdentity('ntfs:007'), encodeIdentity('posix:1')]).toEqual(['ntfs:007', 'posix:1'])
  })

  it('has a number that no other has', () => {
    const numbers = [0n, 1n, 255n, 256n, 65_535n].flatMap((sequence) =>
      [0n, 1n, 2n ** 35n].map((record) => encodeIdentity(`ntfs:${(sequence << 48n) | record}`)),
    )
    expect(new Set(numbers).size).toBe(15)
  })
})

describe('a modification time', () => {
  it('comes back as it was, whatever it says', () => {
    const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'))
    const year = fc.constantFrom('1600', '1990', '1992', '2000', '2023', '2024', '2047', '2100')
    const fraction = fc.option(fc.stringMatching(/^[0-9]{1,9}$/), { nil: null })
    const any = fc
      .tuple(year, two, two, two, two, two, fraction)
      .map(
        ([y, mo, d, h, mi, s, f]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${f === null ? '' : `.${f}`}Z`,
      )
    const real = fc
      .integer({ min: Date.UTC(1985, 0), max: Date.UTC(2055, 0) })
      .map((ms) => `${new Date(ms).toISOString().slice(0, -1)}1235Z`)
    void fc.assert(
      fc.property(fc.oneof(any, real), (text) => {
        expect(decodeTimestamp(encodeTimestamp(text))).toBe(text)
      }),
      { numRuns: 5_000 },
    )
  })

  it('is a number where it is one of NTFS', () => {
    expect(encodeTimestamp('2026-02-28T23:59:59.1234567Z')).toBeTypeOf('number')
    expect(encodeTimestamp('2024-02-29T00:00:00Z')).toBeTypeOf('number')
    expect(encodeTimestamp('2023-02-29T00:00:00Z')).toBeTypeOf('string')
    expect(encodeTimestamp('2026-02-28T23:59:59.10Z')).toBeTypeOf('string')
  })
})
