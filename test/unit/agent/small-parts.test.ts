import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IdSet } from '../../../server/agent/inventory/id-set.ts'
import {
  DEFAULT_TIMINGS,
  LinkClosed,
  ReconnectPolicy,
} from '../../../server/agent/link/reconnect-policy.ts'
import { ScanTally } from '../../../server/agent/scan/scan-tally.ts'
import { Schedule } from '../../../server/agent/scan/schedule.ts'

describe('IdSet', () => {
  it('holds what was added and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000)), fc.array(fc.nat(100_000)), (ids, others) => {
        const set = new IdSet()
        for (const id of ids) set.add(id)
        for (const id of [...ids, ...others]) expect(set.has(id)).toBe(ids.includes(id))
      }),
    )
  })
})

describe('ScanTally', () => {
  it('counts every unreadable place and names a bounded number of bounded length', () => {
    const tally = new ScanTally('id' as never, 0)
    for (let i = 0; i < 500; i++) {
      const message = 'm'.repeat(5_000)
      const path = `${i}${'p'.repeat(40_000)}`
      tally.addUnreadable({ path, stream: 's'.repeat(300), code: 'ADS_IO', message })
    }
    const summary = tally.summary('incomplete', 1, '')
    expect(summary.unreadableCount).toBe(500)
    expect(JSON.stringify(summary).length).toBeLessThan(1024 * 1024)
    expect(summary.unreadable[0]).toMatchObject({
      path: expect.stringMatching(/^0p{32766}$/),
      message: 'm'.repeat(1_024),
    })
  })

  it('adds up the carriers of several roots, and knows a fraction only for a single one', () => {
    const tally = new ScanTally('id' as never, 0)
    tally.setRootProgress(10, 0.5)
    expect(tally.progress(1)).toMatchObject({ carriersSeen: 10, fractionDone: 0.5 })
    tally.endRoot()
    tally.setRootProgress(5, 0.25)
    expect(tally.progress(2)).toMatchObject({ carriersSeen: 15, fractionDone: null })
  })
})

describe('Schedule', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('starts at once and then at every interval, also one longer than a timer holds', () => {
    let now = 1_000_000
    let count = 0
    const yearSeconds = 31_536_000
    const schedule = new Schedule({ now: () => now }, yearSeconds, () => void count++)
    schedule.start()
    expect(count).toBe(1)
    vi.advanceTimersByTime(60_000 * 10)
    expect(count).toBe(1)
    now += yearSeconds * 1_000
    vi.advanceTimersByTime(60_000)
    expect(count).toBe(2)
    schedule.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes on after the clock was set back, and takes a new interval at once', () => {
    let now = 1_000_000_000
    let count = 0
    const schedule = new Schedule({ now: () => now }, 3_600, () => void count++)
    schedule.start()
    now -= 500_000_000
    vi.advanceTimersByTime(60_000)
    now += 10_000
    schedule.setEverySeconds(10)
    vi.advanceTimersByTime(1)
    expect(count).toBe(2)
    schedule.stop()
  })

  it('waits for its turn where turns are given, and not for ever', () => {
    let count = 0
    const schedule = new Schedule({ now: () => Date.now() }, 3_600, () => void count++)
    schedule.startInTurn(100_000)
    expect(schedule.isWaitingForTurn).toBe(true)
    schedule.takeTurn(5_000)
    vi.advanceTimersByTime(4_999)
    expect(count).toBe(0)
    vi.advanceTimersByTime(1)
    expect(count).toBe(1)
    schedule.takeTurn(0)
    vi.advanceTimersByTime(1_000)
    expect(count).toBe(1)
    schedule.stop()
    schedule.startInTurn(100_000)
    vi.advanceTimersByTime(49_000)
    expect(count).toBe(1)
    vi.advanceTimersByTime(101_000)
    expect(count).toBe(2)
    schedule.stop()
  })

  it('takes its turn again after a sleep, since others woke up as well', () => {
    let now = 1_000_000_000
    let count = 0
    const schedule = new Schedule({ now: () => now }, 3_600, () => void count++)
    schedule.startInTurn(100_000)
    schedule.takeTurn(0)
    vi.advanceTimersByTime(1)
    now += 60 * 3_600_000
    vi.advanceTimersByTime(60_000)
    expect([count, schedule.isWaitingForTurn]).toEqual([1, true])
    schedule.takeTurn(0)
    vi.advanceTimersByTime(1)
    expect(count).toBe(2)
    schedule.stop()
  })
})

describe('the reconnect policy', () => {
  const timings = { ...DEFAULT_TIMINGS, reconnectMinMs: 1_000, reconnectMaxMs: 8_000 }
  const waits = (policy: ReconnectPolicy, closed: LinkClosed, count: number) =>
    Array.from({ length: count }, () => policy.waitMs(closed, 10))

  it('spreads over ever longer, up to a limit, and begins anew after a good connection', () => {
    const most = [1_000, 2_000, 4_000, 8_000, 8_000]
    const policies = Array.from({ length: 200 }, () => new ReconnectPolicy(timings))
    const all = policies.map((policy) => waits(policy, new LinkClosed('gone'), 5))
    for (const [attempt, limit] of most.entries()) {
      const spread = all.map((each) => each[attempt]!)
      expect(Math.max(...spread)).toBeLessThanOrEqual(limit)
      expect(Math.max(...spread)).toBeGreaterThan(limit * 0.8)
      expect(Math.min(...spread)).toBeLessThan(limit * 0.2)
    }
    const good = policies.map((policy) => policy.waitMs(new LinkClosed('gone'), timings.stableMs))
    expect(Math.max(...good)).toBeLessThanOrEqual(1_000)
  })

  it('does not come before central said, and rarely where only a person can help', () => {
    const policy = new ReconnectPolicy(timings)
    for (const wait of waits(policy, new LinkClosed('busy', 7_000), 50)) {
      expect(wait).toBeGreaterThanOrEqual(7_000)
      expect(wait).toBeLessThanOrEqual(8_000)
    }
    const [refused] = waits(policy, new LinkClosed('not enrolled', null), 1)
    expect(refused).toBeGreaterThanOrEqual(timings.refusedRetryMs)
  })
})
