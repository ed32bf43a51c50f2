import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { Patience } from '../../../server/agent/quiet/patience.ts'
import { type MachineNow, whyWait } from '../../../server/agent/quiet/quiet-rules.ts'
import { CALM } from '../../support/calm-machine.ts'

describe('a scan that nobody waits for', () => {
  it.each<[string, Partial<MachineNow>, string | null]>([
    ['a calm machine', {}, null],
    ['battery saver', { savesBattery: true }, 'battery saver is on'],
    ['a low battery', { isOnBattery: true, batteryPercent: 29 }, 'the battery is low'],
    ['a battery that will do', { isOnBattery: true, batteryPercent: 30 }, null],
    ['a low battery that is charged', { isOnBattery: false, batteryPercent: 5 }, null],
    ['somebody at work', { idleSeconds: 3, othersLoad: 0.6 }, 'somebody works here'],
    ['somebody who reads', { idleSeconds: 3, othersLoad: 0.4 }, null],
    ['nobody at a busy PC', { idleSeconds: 121, othersLoad: 1 }, null],
    ['a busy server', { othersLoad: 0.95 }, 'the machine is busy'],
    ['a server at work', { othersLoad: 0.8 }, null],
    ['nothing known', { isOnBattery: null, savesBattery: null, othersLoad: null }, null],
  ])('beside %s', (_, now, words) => {
    const why = whyWait({ ...CALM, ...now })
    if (words === null) expect(why).toBeNull()
    else expect(why).toContain(words)
  })
})

describe('patience', () => {
  const BUSY = { ...CALM, othersLoad: 1 }
  const never = new AbortController().signal

  it('waits until the machine is quiet, and says why', async () => {
    const said: (string | null)[] = []
    let now: MachineNow = BUSY
    const patience = new Patience({
      readMachine: () => now,
      mostMs: 60_000,
      onWait: (why) => said.push(why),
      lookMs: 10,
    })
    const waiting = patience.wait(never)
    await sleep(60)
    expect(patience.why).toBe('the machine is busy')
    now = CALM
    await waiting
    patience.end()
    expect(said).toEqual(['the machine is busy', null])
  })

  it('is used up after its stated time, whatever the machine does', async () => {
    const tools = { readMachine: () => BUSY, onWait: () => {}, lookMs: 10 }
    const patience = new Patience({ ...tools, mostMs: 50 })
    await patience.wait(never)
    const scan = { pause: vi.fn(), resume: vi.fn() }
    patience.hold(scan)
    await sleep(50)
    patience.end()
    expect(scan.pause).not.toHaveBeenCalled()
  })

  it('pauses a scan that runs and lets it go on', async () => {
    let now: MachineNow = CALM
    const tools = { readMachine: () => now, onWait: () => {}, lookMs: 10 }
    const patience = new Patience({ ...tools, mostMs: 60_000 })
    await patience.wait(never)
    const scan = { pause: vi.fn(), resume: vi.fn() }
    patience.hold(scan)
    now = BUSY
    await sleep(40)
    expect(scan.pause).toHaveBeenCalled()
    scan.resume.mockClear()
    now = CALM
    await sleep(40)
    expect(scan.resume).toHaveBeenCalled()
    patience.end()
  })

  it('ends when somebody waits for the scan', async () => {
    const tools = { readMachine: () => BUSY, onWait: () => {}, lookMs: 60_000 }
    const patience = new Patience({ ...tools, mostMs: 600_000 })
    const waiting = patience.wait(never)
    await sleep(20)
    patience.hurry()
    await waiting
    expect(patience.why).toBeNull()
  })
})
