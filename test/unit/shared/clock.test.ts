import { describe, expect, it } from 'vitest'
import { nanosecondsToTimestamp } from '../../../server/shared/clock.ts'

describe('a time in nanoseconds as RFC 3339', () => {
  it.each([
    [0n, '1970-01-01T00:00:00Z'],
    [1_771_338_185_123_456_700n, '2026-02-17T14:23:05.1234567Z'],
    [1_500_000_000n, '1970-01-01T00:00:01.5Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
    [-11_644_473_600_000_000_000n, '1601-01-01T00:00:00Z'],
  ])('keeps every digit and no trailing zero: %s', (ns, text) => {
    expect(nanosecondsToTimestamp(ns)).toBe(text)
  })

  it.each([10n ** 30n, -(10n ** 30n)])(
    'shows what RFC 3339 cannot say as the nearest end: %s',
    (ns) => {
      expect(nanosecondsToTimestamp(ns)).toMatch(/^(9999-12-31|0001-01-01)T/)
    },
  )
})
