import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IdSet } from '../../../server/agent/inventory/id-set.ts'
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
})
