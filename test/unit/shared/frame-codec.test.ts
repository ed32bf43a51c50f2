import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MAX_FRAME_BYTES } from '../../../server/protocol/limits.ts'
import { InventoryDelta } from '../../../server/protocol/link-frames.ts'
import { encodeFrame, FrameError, frameDecoder } from '../../../server/shared/frame-codec.ts'

const decode = frameDecoder<InventoryDelta>(InventoryDelta)

function delta(streams: number, name = 'Zone.Identifier'): InventoryDelta {
  const upsert = {
    volumeId: 'ntfs-0011223344556677',
    identity: 'ntfs:281474976710700',
    stream: name,
    path: 'Users\\bob\\setup.exe',
    links: ['Users\\bob\\setup.exe'],
    kind: 'file',
    sizeBytes: 26,
    allocatedBytes: 0,
    isResident: true,
    modifiedAt: '2026-11-22T10:00:00.1234567Z',
    sha256: 'a'.repeat(64),
    origin: null,
    verdict: 'mark',
    rule: 'zone-identifier',
  }
  const upserts = Array.from({ length: streams }, () => upsert)
  return { type: 'inventory.delta', sequence: 1, resync: null, upserts, gone: [] } as never
}

function roundTrip(frame: object): InventoryDelta {
  const wire = encodeFrame(frame)
  return typeof wire === 'string' ? decode(Buffer.from(wire), false) : decode(wire, true)
}

describe('frames of the link', () => {
  it('come back as they went, as text when small and compressed when large', () => {
    expect(typeof encodeFrame(delta(1))).toBe('string')
    expect(roundTrip(delta(1))).toEqual(delta(1))
    expect(Buffer.isBuffer(encodeFrame(delta(100)))).toBe(true)
    expect(roundTrip(delta(100))).toEqual(delta(100))
  })

  it('keep an unpaired surrogate in a stream’s name', () => {
    expect(roundTrip(delta(50, 'a\ud800b'))).toEqual(delta(50, 'a\ud800b'))
  })

  it.each([
    ['text that is no JSON', Buffer.from('{'), false],
    ['an unknown type', Buffer.from('{"type":"inventory.wipe"}'), false],
    ['an unknown field', Buffer.from(JSON.stringify({ ...delta(0), extra: 1 })), false],
    ['too many entries', Buffer.from(JSON.stringify(delta(501))), false],
    ['the unnamed stream', Buffer.from(JSON.stringify(delta(1, ''))), false],
    ['a binary frame that is no zstd', Buffer.from('hello'), true],
    ['a bomb', zstdCompressSync(Buffer.alloc(MAX_FRAME_BYTES + 1, 0x20)), true],
    ['null', Buffer.from('null'), false],
  ])('refuse %s', (_what, data, isBinary) => {
    expect(() => decode(data, isBinary)).toThrow(FrameError)
  })
})
