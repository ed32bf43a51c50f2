import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Admission } from '../../../server/central/link/admission.ts'
import { FrameMeter } from '../../../server/central/link/frame-meter.ts'
import { IntakeGate } from '../../../server/central/link/intake-gate.ts'
import { KeepAliveWheel } from '../../../server/central/link/keep-alive-wheel.ts'
import { Pacer } from '../../../server/central/link/pacer.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'performance'] })
})
afterEach(() => void vi.useRealTimers())

describe('a pacer', () => {
  it('lets a burst pass and then so many a second', () => {
    const pacer = new Pacer({ perSecond: 10, burst: 3 })
    const now = () => performance.now()
    expect([1, 2, 3, 4].map(() => pacer.isDue(now()))).toEqual([true, true, true, false])
    vi.advanceTimersByTime(99)
    expect(pacer.isDue(now())).toBe(false)
    vi.advanceTimersByTime(1)
    expect([pacer.isDue(now()), pacer.isDue(now())]).toEqual([true, false])
  })

  it('gives turns one after the other, and none where nobody waits', () => {
    const pacer = new Pacer({ perSecond: 10, burst: 2 })
    const turns = [1, 2, 3, 4, 5].map(() => Math.round(pacer.reserve(1_000)))
    expect(turns).toEqual([0, 0, 100, 200, 300])
    expect(pacer.reserve(60_000)).toBe(0)
  })
})

describe('admission', () => {
  it('has a whole fleet back in the time that its rate allows', () => {
    const admission = new Admission({ perSecond: 100, burst: 100 })
    let waiting = Array.from({ length: 2_000 }, () => 0)
    let seconds = 0
    for (; waiting.length > 0; seconds++) {
      waiting = waiting.flatMap((due) => {
        if (due > seconds) return [due]
        const after = admission.refusal()
        return after === null ? [] : [seconds + after]
      })
      vi.advanceTimersByTime(1_000)
    }
    expect(seconds).toBeGreaterThan(15)
    expect(seconds).toBeLessThan(40)
    expect(admission.refusals).toBeLessThan(5_000)
  })

  it('takes no more while too many hellos are being answered', () => {
    const admission = new Admission({ perSecond: 10_000, burst: 10_000 })
    const all = Array.from({ length: 200 }, () => admission.begin())
    expect(admission.refusal()).toBe(null)
    for (const each of all) each.spoke()
    expect(admission.refusal()).toBeGreaterThan(0)
    all[0]!.over()
    all[0]!.over()
    expect(admission.refusal()).toBe(null)
    admission.begin().spoke()
    expect(admission.refusal()).toBeGreaterThan(0)
  })

  it('lets a fleet come back as fast as it is really answered, and does not spend itself on refusals', () => {
    const admission = new Admission({ perSecond: 400, burst: 400 })
    const answering: ReturnType<Admission['begin']>[] = []
    let waiting = Array.from({ length: 3_000 }, () => 0)
    let seconds = 0
    // A machine that answers 40 a second, whatever it was asked.
    for (; waiting.length > 0; seconds++) {
      waiting = waiting.flatMap((due) => {
        if (due > seconds) return [due]
        const after = admission.refusal()
        if (after !== null) return [seconds + after]
        const admitted = admission.begin()
        admitted.spoke()
        answering.push(admitted)
        return []
      })
      for (const each of answering.splice(0, 40)) each.over()
      vi.advanceTimersByTime(1_000)
    }
    expect(seconds).toBeLessThan(120)
    expect(admission.refusals).toBeLessThan(4 * 3_000)
  })
})

describe('a frame meter', () => {
  it('holds back who floods, until it has paid', () => {
    const meter = new FrameMeter({ framesPerSecond: 10, bytesPerSecond: 1_000 })
    for (let i = 0; i < 40; i++) expect(meter.count(10)).toBe(0)
    expect(meter.count(10)).toBe(100)
    vi.advanceTimersByTime(1_000)
    expect(meter.count(10)).toBe(0)
    expect(meter.count(20_000)).toBeGreaterThan(15_000)
  })
})

describe('the intake gate', () => {
  const agent = () => ({ given: [] as number[], giveWindow: vi.fn() })

  it('narrows the windows as it fills, parks agents, and lets them go on', () => {
    const gate = new IntakeGate(() => true, {
      crowdedDeltas: 2,
      crowdedBytes: 1_000,
      fullFactor: 2,
    })
    const [a, b] = [agent(), agent()]
    expect(gate.windowFor(a)).toBe(4)
    gate.enter(1_100)
    expect(gate.windowFor(a)).toBe(1)
    gate.enter(1_000)
    expect([gate.windowFor(a), gate.windowFor(b)]).toEqual([0, 0])
    vi.advanceTimersByTime(500)
    expect(a.giveWindow).not.toHaveBeenCalled()
    gate.forget(b)
    gate.leave(1_000)
    gate.leave(1_100)
    vi.advanceTimersByTime(100)
    expect(a.giveWindow).toHaveBeenCalledExactlyOnceWith(4)
    expect(b.giveWindow).not.toHaveBeenCalled()
    expect(gate.parked).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('lets nobody send while nothing can be stored', () => {
    let isWritable = false
    const gate = new IntakeGate(() => isWritable)
    const a = agent()
    expect(gate.windowFor(a)).toBe(0)
    vi.advanceTimersByTime(10_000)
    expect(a.giveWindow).not.toHaveBeenCalled()
    isWritable = true
    vi.advanceTimersByTime(100)
    expect(a.giveWindow).toHaveBeenCalledExactlyOnceWith(4)
  })
})

describe('the keep-alive wheel', () => {
  it('looks at each once in a round, and at a newcomer not before a round is over', () => {
    const wheel = new KeepAliveWheel(3_200)
    const first = { look: vi.fn() }
    wheel.add(first)
    vi.advanceTimersByTime(3_000)
    expect(first.look).not.toHaveBeenCalled()
    vi.advanceTimersByTime(200)
    expect(first.look).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(6_400)
    expect(first.look).toHaveBeenCalledTimes(3)
    wheel.remove(first)
    vi.advanceTimersByTime(6_400)
    expect(first.look).toHaveBeenCalledTimes(3)
    wheel.stop()
    expect(vi.getTimerCount()).toBe(0)
  })
})
