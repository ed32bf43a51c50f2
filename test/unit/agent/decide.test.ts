import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Decision,
  decideMark,
  decideReduce,
  decideRestore,
  decideStrip,
  type Seen,
  sha256,
} from '../../../server/agent/strip/decide.ts'
import type { MarkTarget, OrderTarget, RestoreTarget } from '../../../server/protocol/order.ts'
import { zoneIdentifierBytes } from '../../../server/streams/zone-identifier-text.ts'

const text = (value: string) => new TextEncoder().encode(value)
const MARK = text('[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.com/\r\n')
const REDUCED = text('[ZoneTransfer]\r\nZoneId=3\r\n')

const seen = (content: Uint8Array | null, names: string[] = []): Seen => ({
  isDirectory: false,
  size: content?.length ?? null,
  sha256: content && sha256(content),
  content,
  names,
})
const target = (content: Uint8Array) =>
  ({
    stream: 'Zone.Identifier',
    sizeBytes: content.length,
    sha256: sha256(content),
  }) as OrderTarget & RestoreTarget
const short = (decision: Decision) =>
  decision.kind === 'answer' ? decision.result.outcome : decision.kind
/** What is written over `old` from the front, cut off after `at` bytes, before its length is set. */
const torn = (old: Uint8Array, next: Uint8Array, at: number) =>
  Uint8Array.of(...next.slice(0, at), ...old.slice(at))

describe('a strip', () => {
  it('removes what is as ordered, and nothing else', () => {
    expect(short(decideStrip(target(MARK), seen(MARK), false))).toBe('remove')
    expect(short(decideStrip(target(MARK), seen(REDUCED), false))).toBe('changed')
    expect(short(decideStrip(target(MARK), seen(null), false))).toBe('gone')
    expect(short(decideStrip(target(MARK), seen(null), true))).toBe('done')
    expect(short(decideStrip(target(MARK), { ...seen(MARK), sha256: null }, false))).toBe('changed')
  })
})

describe('a reduce', () => {
  it('writes exactly the zone', () => {
    const decision = decideReduce(target(MARK), seen(MARK), null)
    expect(decision).toMatchObject({ kind: 'replace', bytes: REDUCED })
    expect(short(decideReduce(target(REDUCED), seen(REDUCED), null))).toBe('done')
    expect(short(decideReduce(target(MARK), seen(null), null))).toBe('gone')
    expect(short(decideReduce(target(MARK), seen(REDUCED), null))).toBe('changed')
  })

  it.each(['[ZoneTransfer]\r\nAppZoneId=4\r\n', 'no ini', ''])(
    'refuses %j, which says no zone',
    (content) => {
      const bytes = text(content)
      expect(short(decideReduce(target(bytes), seen(bytes), null))).toBe('refused')
    },
  )

  it('finishes what was cut off after any byte, and leaves what others wrote', () => {
    for (let at = 0; at <= REDUCED.length; at += 1) {
      const half = torn(MARK, REDUCED, at)
      expect(decideReduce(target(MARK), seen(half), MARK)).toMatchObject({
        kind: 'replace',
        bytes: REDUCED,
      })
      expect(short(decideRestore(target(MARK), seen(half), keptReduce, true))).toMatch(
        /replace|done/,
      )
    }
    expect(short(decideReduce(target(MARK), seen(REDUCED), MARK))).toBe('done')
    const other = Uint8Array.of(...MARK)
    other[30] = 0
    expect(short(decideReduce(target(MARK), seen(other), MARK))).toBe('changed')
  })
})

const keptReduce = { action: 'reduce', bytes: MARK, sha256: sha256(MARK) } as const
const keptStrip = { ...keptReduce, action: 'strip' } as const

describe('a restore', () => {
  it('writes over a stream that its reduce left, and over no other', () => {
    expect(decideRestore(target(MARK), seen(REDUCED), keptReduce, false)).toMatchObject({
      kind: 'replace',
      bytes: MARK,
    })
    expect(short(decideRestore(target(MARK), seen(REDUCED), keptStrip, false))).toBe('changed')
    expect(short(decideRestore(target(MARK), seen(text('x')), keptReduce, true))).toBe('changed')
    expect(short(decideRestore(target(MARK), seen(MARK), keptStrip, false))).toBe('done')
    expect(short(decideRestore(target(MARK), seen(null), keptStrip, false))).toBe('create')
    const alike = seen(null, ['zone.identifier'])
    expect(short(decideRestore(target(MARK), alike, keptStrip, false))).toBe('create')
  })

  it('finishes its own half-written stream only after an interruption', () => {
    for (let at = 0; at < MARK.length; at += 1) {
      const half = MARK.slice(0, at)
      expect(short(decideRestore(target(MARK), seen(half), keptStrip, true))).toBe('replace')
      expect(short(decideRestore(target(MARK), seen(half), keptStrip, false))).toBe('changed')
      const large = { ...seen(half), content: null }
      expect(short(decideRestore(target(MARK), large, keptStrip, true))).toBe('replace')
    }
  })
})

describe('a mark', () => {
  const order = { origin: { zoneId: 3, hostUrl: 'https://a.example/x' } } as MarkTarget
  const bytes = zoneIdentifierBytes(order.origin)

  it('is written where there is none in any letter case, and never over one', () => {
    expect(decideMark(order, seen(null), false)).toEqual({ kind: 'create', bytes })
    expect(short(decideMark(order, seen(null, ['other']), false))).toBe('create')
    expect(short(decideMark(order, seen(null, ['zone.IDENTIFIER']), false))).toBe('changed')
    expect(short(decideMark(order, seen(REDUCED), false))).toBe('changed')
    expect(short(decideMark(order, seen(bytes), false))).toBe('changed')
    expect(short(decideMark(order, { ...seen(null), isDirectory: true }, false))).toBe('refused')
  })

  it('finishes its own half-written stream only after an interruption', () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      const half = seen(bytes.slice(0, at))
      expect(short(decideMark(order, half, true))).toMatch(at === bytes.length ? 'done' : 'replace')
      expect(short(decideMark(order, half, false))).toBe('changed')
    }
    expect(short(decideMark(order, seen(text('[ZoneTransfer]\r\nZoneId=4')), true))).toBe('changed')
  })
})

describe('whatever the stream holds', () => {
  it('nothing but the ordered content is removed or written over', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.boolean(), (ordered, there, isResumed) => {
        fc.pre(sha256(ordered) !== sha256(there))
        expect(short(decideStrip(target(ordered), seen(there), isResumed))).toBe('changed')
        expect(short(decideReduce(target(ordered), seen(there), null))).toBe('changed')
      }),
    )
  })
})
