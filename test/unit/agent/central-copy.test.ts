/** Bytes of small streams that leave with receipts, and come back with restores. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { OWN_HANDS } from '../../../server/agent/policy.ts'
import type { QuarantineEntry } from '../../../server/agent/state/quarantine-store.ts'
import { missingOf, readCopy, withContents } from '../../../server/agent/strip/central-copy.ts'
import { Guard } from '../../../server/agent/strip/guard.ts'
import type { Receipt, RestoreTarget } from '../../../server/protocol/order.ts'

const BYTES = Buffer.from('[ZoneTransfer]\r\nZoneId=3\r\n')
const sha256 = createHash('sha256').update(BYTES).digest('hex')
const place = { root: '/data', target: { isWritable: true } } as never

const store = (entries: Record<string, Partial<QuarantineEntry>>) => ({
  find: (targetId: string) =>
    targetId in entries
      ? ({ bytes: BYTES, sha256, prunedAt: null, ...entries[targetId] } as QuarantineEntry)
      : undefined,
})
const receipt = (targetId: string, outcome: Receipt['outcome'] = 'done') =>
  ({ targetId, outcome, reason: 'so', at: '2026-11-22T12:00:00Z' }) as Receipt

describe('a receipt', () => {
  const kept = store({ small: {}, inFile: { bytes: null } })

  it('brings the bytes along, where they are not more than asked for', () => {
    const [small] = withContents(kept, [receipt('small')], BYTES.length)
    expect(small).toEqual({ ...receipt('small'), contentBase64: BYTES.toString('base64') })
    for (const upToBytes of [0, BYTES.length - 1]) {
      expect(withContents(kept, [receipt('small')], upToBytes)).toEqual([receipt('small')])
    }
  })

  it('brings nothing of what was not done, is in a file, or is not known', () => {
    const receipts = [receipt('small', 'failed'), receipt('inFile'), receipt('unknown')]
    expect(withContents(kept, receipts, 4_096)).toEqual(receipts)
  })
})

describe('what an agent misses', () => {
  it('is what it has not, not any more, or damaged', () => {
    const kept = store({
      whole: {},
      inFile: { bytes: null },
      pruned: { bytes: null, prunedAt: '2026-11-22T12:00:00Z' },
      damaged: { bytes: Buffer.from('other') },
    })
    const all = ['whole', 'inFile', 'pruned', 'damaged', 'unknown']
    expect(missingOf(kept, all)).toEqual(['pruned', 'damaged', 'unknown'])
  })
})

describe('a copy from central', () => {
  const guard = new Guard(OWN_HANDS, 10_000)
  const copy = { takenBy: 'strip', contentBase64: BYTES.toString('base64') } as const
  const target = {
    ...{ path: '/data/a', stream: 'Zone.Identifier', sizeBytes: BYTES.length, sha256 },
  } as RestoreTarget

  it('counts where it has the size and hash that the order names', () => {
    expect(readCopy(guard, target, copy, place)).toMatchObject({ isFromCentral: true, sha256 })
    for (const change of [{ sizeBytes: BYTES.length + 1 }, { sha256: 'ab'.repeat(32) }]) {
      const result = readCopy(guard, { ...target, ...change }, copy, place)
      expect(result).toMatchObject({ outcome: 'refused' })
    }
  })

  it('is never a stream that nothing may change', () => {
    const result = readCopy(guard, { ...target, stream: 'WofCompressedData' }, copy, place)
    expect(result).toMatchObject({ outcome: 'refused' })
  })
})
