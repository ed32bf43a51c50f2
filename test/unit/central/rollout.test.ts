import { describe, expect, it } from 'vitest'
import { approvalNeeded } from '../../../server/central/ordering/order-policy.ts'
import {
  allowedMachines,
  decideStep,
  type StepState,
  stepCount,
  stepName,
} from '../../../server/central/store/orders/rollout.ts'

const state = (changes: Partial<StepState> = {}): StepState => ({
  canaryMachines: 2,
  rampPercent: [10, 50],
  machineCount: 30,
  step: 1,
  releasedMachines: 2,
  finishedMachines: 2,
  isOffered: true,
  stopAtFailedPercent: 10,
  receipts: 100,
  failures: 0,
  ...changes,
})

describe('a rollout', () => {
  it('goes from its canary over its shares to all machines, never back', () => {
    const steps = [1, 2, 3, 4].map((step) => state({ step }))
    expect(steps.map(allowedMachines)).toEqual([2, 3, 15, 30])
    expect(steps.map(stepName)).toEqual([
      'canary: 2 machines',
      '10 % of the machines',
      '50 % of the machines',
      'all machines',
    ])
    expect(stepCount(state())).toBe(4)
    expect(allowedMachines(state({ canaryMachines: 9, step: 2 }))).toBe(9)
    expect(allowedMachines(state({ canaryMachines: 50 }))).toBe(30)
  })

  it('leaves a step only when its machines have their receipts', () => {
    expect(decideStep(state())).toBe('next')
    expect(decideStep(state({ finishedMachines: 1 }))).toBe('stay')
    expect(decideStep(state({ step: 4, releasedMachines: 30, finishedMachines: 30 }))).toBe('stay')
  })

  it('waits for a whole canary, and later for no machine that is off', () => {
    const some = { releasedMachines: 1, finishedMachines: 1 }
    expect(decideStep(state(some))).toBe('stay')
    const half = { step: 2, releasedMachines: 2, finishedMachines: 2 }
    expect(decideStep(state({ ...half, isOffered: false }))).toBe('stay')
    expect(decideStep(state(half))).toBe('next')
  })

  it('stops beyond its bound on failures, in the middle of a step once there are some receipts', () => {
    expect(decideStep(state({ failures: 10 }))).toBe('next')
    expect(decideStep(state({ failures: 11 }))).toBe('stop')
    expect(decideStep(state({ finishedMachines: 1, receipts: 19, failures: 19 }))).toBe('stay')
    expect(decideStep(state({ finishedMachines: 1, receipts: 20, failures: 3 }))).toBe('stop')
    expect(decideStep(state({ receipts: 1, failures: 1 }))).toBe('stop')
    expect(decideStep(state({ failures: 100, stopAtFailedPercent: null }))).toBe('next')
  })
})

describe('a second person', () => {
  const order = {
    action: 'strip',
    targetCount: 11,
    byVerdict: [{ value: 'mark', count: 11 }],
  } as const
  const never = { secondPersonAbove: null, secondPersonFor: { actions: [], verdicts: [] } }

  it('is needed above a number, for an action, or for a verdict', () => {
    expect(approvalNeeded(never, order)).toBe(null)
    expect(approvalNeeded({ ...never, secondPersonAbove: 11 }, order)).toBe(null)
    expect(approvalNeeded({ ...never, secondPersonAbove: 10 }, order)).toMatch(/more than 10/)
    const both = { actions: ['mark' as const], verdicts: ['suspicious' as const] }
    expect(approvalNeeded({ ...never, secondPersonFor: both }, order)).toBe(null)
    expect(
      approvalNeeded({ ...never, secondPersonFor: both }, { ...order, action: 'mark' }),
    ).toMatch(/mark/)
    const byVerdict = [{ value: 'suspicious' as const, count: 1 }]
    expect(approvalNeeded({ ...never, secondPersonFor: both }, { ...order, byVerdict })).toMatch(
      /suspicious/,
    )
  })
})
