import { expect, it } from 'vitest'
import type { AnyTarget } from '../../../server/agent/state/journal-store.ts'
import { Asked, Claims, Job } from '../../../server/agent/strip/job.ts'

const ORDER = { orderId: crypto.randomUUID(), orderedBy: 'anna', reason: 'because' }

it('jobs about other streams and targets go together', () => {
  const claims = new Claims()
  expect(claims.take(aJob({ id: 1, file: 1 }))).toBe(true)
  expect(claims.take(aJob({ id: 2, file: 2 }))).toBe(true)
  expect(claims.take(aJob({ id: 3, file: 1, stream: 'other' }))).toBe(true)
})

it.each([
  ['the same target', { id: 1, file: 2 }],
  ['the same stream', { id: 2, file: 1 }],
  ['the same stream in other letters', { id: 2, file: 1, stream: 'ZONE.identifier' }],
  ['a restore of the target', { id: 2, file: 2, restores: 1 }],
])('%s waits until the job before it is over, and holds up nobody meanwhile', (_what, later) => {
  const claims = new Claims()
  const [first, second] = [aJob({ id: 1, file: 1 }), aJob(later)]
  expect(claims.take(first)).toBe(true)
  expect(claims.take(second)).toBe(false)
  expect(claims.take(aJob({ id: 9, file: 9 }))).toBe(true)
  claims.release(first)
  expect(claims.take(second)).toBe(true)
})

it('a job that must wait has claimed no part of what it is about', () => {
  const claims = new Claims()
  claims.take(aJob({ id: 1, file: 1 }))
  expect(claims.take(aJob({ id: 2, file: 2, restores: 1 }))).toBe(false)
  expect(claims.take(aJob({ id: 1, file: 3 }))).toBe(false)
  expect(claims.take(aJob({ id: 2, file: 2 }))).toBe(true)
  expect(claims.take(aJob({ id: 3, file: 3 }))).toBe(true)
})

it('a restore gives back both of its targets', () => {
  const claims = new Claims()
  const restore = aJob({ id: 2, file: 1, restores: 1 })
  claims.take(restore)
  claims.release(restore)
  expect(claims.take(aJob({ id: 1, file: 1 }))).toBe(true)
  expect(claims.take(aJob({ id: 2, file: 2 }))).toBe(true)
})

interface About {
  readonly id: number
  readonly file: number
  readonly stream?: string
  readonly restores?: number
}

function aJob({ id, file, stream = 'Zone.Identifier', restores }: About): Job {
  const target = {
    targetId: idOf(id),
    identity: `posix:${file}:1700000000000000000`,
    stream,
    ...(restores === undefined ? {} : { strippedTargetId: idOf(restores) }),
  } as unknown as AnyTarget
  const action = restores === undefined ? 'strip' : 'restore'
  return new Job(new Asked(action, ORDER, 1, 'order'), target, 0)
}

function idOf(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
}
