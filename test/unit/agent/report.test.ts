import { describe, expect, it } from 'vitest'
import type { ScannedStream } from '../../../native/scan.ts'
import { toReport } from '../../../server/agent/inventory/report.ts'
import { MAX_FRAME_BYTES, MAX_LINKS } from '../../../server/protocol/limits.ts'

const VOLUME = 'ntfs-0123456789abcdef' as never
const LIMITS = { hashLimitBytes: 1_000 }

function found(fields: Partial<ScannedStream> = {}): ScannedStream {
  const path = fields.path ?? 'folder\\file'
  return {
    path,
    links: [path],
    name: 'Zone.Identifier',
    identity: 'ntfs:281474976710720',
    size: 26n,
    allocated: 0n,
    modifiedNs: 1_700_000_000_123_456_789n,
    kind: 'file',
    isResident: true,
    sha256: 'a'.repeat(64),
    content: Buffer.from('[ZoneTransfer]\r\nZoneId=3\r\n'),
    ...fields,
  }
}

describe('a report', () => {
  it('says what the scan found, times to the nanosecond', () => {
    expect(toReport(VOLUME, found(), LIMITS)).toMatchObject({
      sizeBytes: 26,
      modifiedAt: '2023-11-14T22:13:20.123456789Z',
      origin: { id: 3 },
      verdict: 'mark',
      rule: 'zone-identifier',
    })
  })

  it('takes no origin from a stream of another name, nor from half a content', () => {
    expect(toReport(VOLUME, found({ name: 'Elsewhere' }), LIMITS)?.origin).toBe(null)
    expect(toReport(VOLUME, found({ size: 27n }), LIMITS)?.origin).toBe(null)
    expect(toReport(VOLUME, found({ name: 'zone.identifier' }), LIMITS)?.origin?.id).toBe(3)
  })

  it('has no hash above the limit, because what cannot be put back cannot be stripped', () => {
    expect(toReport(VOLUME, found({ size: 1_000n }), LIMITS)?.sha256).not.toBe(null)
    expect(toReport(VOLUME, found({ size: 1_001n }), LIMITS)?.sha256).toBe(null)
  })

  it('shows sizes that no number can hold as the largest one', () => {
    const report = toReport(VOLUME, found({ size: 2n ** 63n, allocated: 2n ** 64n - 1n }), LIMITS)
    expect(report).toMatchObject({
      sizeBytes: Number.MAX_SAFE_INTEGER,
      allocatedBytes: Number.MAX_SAFE_INTEGER,
    })
  })

  it('names its own path first and the links in one order, whatever order they came in', () => {
    const one = toReport(VOLUME, found({ path: 'b', links: ['c', 'b', 'a'] }), LIMITS)
    const other = toReport(VOLUME, found({ path: 'b', links: ['a', 'c', 'b', 'c'] }), LIMITS)
    expect(one?.links).toEqual(['b', 'a', 'c'])
    expect(other?.links).toEqual(one?.links)
  })

  it('fits a frame however many and long the links are', () => {
    const links = Array.from({ length: 3_000 }, (_, i) => `${i}${'\ud800'.repeat(30_000)}`)
    const report = toReport(VOLUME, found({ path: links[0]!, links }), LIMITS)
    expect(report?.links.length).toBeLessThanOrEqual(MAX_LINKS)
    expect(JSON.stringify(report).length).toBeLessThan(MAX_FRAME_BYTES / 4)
    const short = Array.from({ length: 3_000 }, (_, i) => `link-${i}`)
    expect(toReport(VOLUME, found({ path: short[0]!, links: short }), LIMITS)?.links).toHaveLength(
      MAX_LINKS,
    )
  })

  it('is refused where central would have to refuse it', () => {
    expect(toReport(VOLUME, found({ path: 'x'.repeat(40_000) }), LIMITS)).toBe(null)
    expect(toReport(VOLUME, found({ name: '' }), LIMITS)).toBe(null)
    expect(toReport(VOLUME, found({ identity: 'what?' }), LIMITS)).toBe(null)
  })
})
