import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { MarkOrigin } from '../../../server/protocol/order.ts'
import { parseZoneIdentifier } from '../../../server/streams/zone-identifier.ts'
import {
  reducedZoneIdentifier,
  zoneIdentifierBytes,
} from '../../../server/streams/zone-identifier-text.ts'

const text = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('latin1')

describe('a mark', () => {
  it('is the bytes that Chromium would write', () => {
    const origin = {
      zoneId: 3,
      hostUrl: 'https://a.example/x.exe',
      referrerUrl: 'https://a.example/',
    }
    expect(text(zoneIdentifierBytes(origin))).toBe(
      '[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://a.example/\r\nHostUrl=https://a.example/x.exe\r\n',
    )
  })

  it('says what it was given, and nothing that a URL smuggles in', () => {
    const validator = Compile(MarkOrigin)
    const url = fc.string().map((tail) => `https://${tail}`)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), url, url, (zoneId, hostUrl, referrerUrl) => {
        const origin = { zoneId, hostUrl, referrerUrl }
        fc.pre(validator.Check(origin))
        const { id, ...parsed } = parseZoneIdentifier(zoneIdentifierBytes(origin))!
        expect({ zoneId: id, ...parsed }).toMatchObject(origin)
      }),
    )
  })

  it.each([
    { zoneId: 5 },
    { zoneId: -1 },
    { zoneId: 3, hostUrl: 'https://a\r\nZoneId=0' },
    { zoneId: 3, hostUrl: 'https://a b' },
    { zoneId: 3, hostUrl: 'file:///c:/x' },
    { zoneId: 3, hostUrl: 'https://ä.example/' },
    { zoneId: 3, writer: 'x' },
  ])('is not made of %j', (origin) => {
    expect(Compile(MarkOrigin).Check(origin)).toBe(false)
  })
})

describe('a reduced mark', () => {
  it.each([
    ['[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://a/\r\n', '3'],
    ['HostUrl=https://a/\nzoneid = 4\n[zonetransfer]', '4'],
    ['\ufeff[ZoneTransfer]\nZoneId=-1', '-1'],
    ['[ZoneTransfer]\r\nZoneId=2\r\nZoneId=3\r\n', '2'],
    ['ZoneId=0\r\n[ZoneTransfer]\r\nZoneId=3', '3'],
    ['[Other]\r\nZoneId=0\r\n[ZoneTransfer]\r\nZoneId=3', '3'],
  ])('keeps of %j the zone alone', (content, zone) => {
    const reduced = reducedZoneIdentifier(new TextEncoder().encode(content))
    expect(text(reduced)).toBe(`[ZoneTransfer]\r\nZoneId=${zone}\r\n`)
    expect(reducedZoneIdentifier(reduced!)).toEqual(reduced)
  })

  it('is none where there is no zone', () => {
    expect(reducedZoneIdentifier(new TextEncoder().encode('[ZoneTransfer]\nAppZoneId=4'))).toBe(
      null,
    )
  })
})
