import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addToDigest,
  EMPTY_DIGEST,
  streamDigest,
  subtractFromDigest,
} from '../../../server/shared/inventory-digest.ts'

const digests = fc.array(
  fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((n) => n.toString(16).padStart(32, '0')),
)
const sum = (all: readonly string[]) => all.reduce(addToDigest, EMPTY_DIGEST)

describe('the inventory digest', () => {
  it('does not depend on the order in which streams came', () => {
    const property = fc.property(digests, (all) => {
      expect(sum([...all].reverse())).toBe(sum(all))
    })
    void fc.assert(property)
  })

  it('is empty again when everything that came has gone', () => {
    const property = fc.property(digests, (all) => {
      expect(all.reduce(subtractFromDigest, sum(all))).toBe(EMPTY_DIGEST)
    })
    void fc.assert(property)
  })

  it('is the same for an origin whose keys come in another order', () => {
    const origin = { id: 3, hostUrl: 'https://a.example', referrerUrl: null, hostIpAddress: null }
    const rest = { lastWriterPackageFamilyName: null, appZoneId: null, appDefinedZoneId: null }
    const stream = {
      stream: 'Zone.Identifier',
      path: 'C:\\a',
      links: ['C:\\a'],
      rule: 'zone-identifier',
    }
    const one = { ...stream, origin: { ...origin, ...rest } }
    const other = { ...stream, origin: { ...rest, ...origin } }
    expect(streamDigest(one as never)).toBe(streamDigest(other as never))
    expect(streamDigest({ ...one, rule: 'x' } as never)).not.toBe(streamDigest(one as never))
  })
})
