/**
 * How an order goes out: to its canary first, then to a rising share of its machines, then to all. Pure.
 *
 * A machine is released when it asks for targets while its order's step has room; so only machines that are online
 * are counted, and one that was off takes part as soon as it is back.
 */
export interface Rollout {
  canaryMachines: number
  rampPercent: readonly number[]
  machineCount: number
  step: number
}

export interface StepState extends Rollout {
  releasedMachines: number
  /** Of the released ones. */
  finishedMachines: number
  /** Every machine that is online was asked since the step began. */
  isOffered: boolean
  stopAtFailedPercent: number | null
  /** Since failures were last accepted. */
  receipts: number
  failures: number
}

export function stepCount({ canaryMachines, rampPercent }: Rollout): number {
  return (canaryMachines > 0 ? 1 : 0) + rampPercent.length + 1
}

export function isCanary({ canaryMachines, step }: Rollout): boolean {
  return canaryMachines > 0 && step === 1
}

/** Machines that may be sent to in this step. */
export function allowedMachines(rollout: Rollout): number {
  const { canaryMachines, machineCount } = rollout
  if (isCanary(rollout)) return Math.min(canaryMachines, machineCount)
  const percent = rampPercentOf(rollout)
  return Math.max(Math.min(canaryMachines, machineCount), Math.ceil((machineCount * percent) / 100))
}

function rampPercentOf({ canaryMachines, rampPercent, step }: Rollout): number {
  return rampPercent[step - 1 - (canaryMachines > 0 ? 1 : 0)] ?? 100
}

export function stepName(rollout: Rollout): string {
  if (isCanary(rollout)) return `canary: ${allowedMachines(rollout)} machines`
  const percent = rampPercentOf(rollout)
  return percent === 100 ? 'all machines' : `${percent} % of the machines`
}

/** Fewer receipts say nothing in the middle of a step. */
const MIN_RECEIPTS = 20

/**
 * `stop`: too much has failed. `next`: the step is over. A canary is over when all of it has its receipts; a later
 * step does not wait for machines that are off.
 */
export function decideStep(state: StepState): 'stop' | 'next' | 'stay' {
  const { receipts, failures, stopAtFailedPercent } = state
  const isFull = state.releasedMachines >= allowedMachines(state)
  const isOver =
    state.releasedMachines > 0 &&
    state.finishedMachines >= state.releasedMachines &&
    (isFull || (!isCanary(state) && state.isOffered))
  const isTelling = receipts >= MIN_RECEIPTS || (isOver && receipts > 0)
  if (
    stopAtFailedPercent !== null &&
    isTelling &&
    (failures / receipts) * 100 > stopAtFailedPercent
  )
    return 'stop'
  return isOver && state.step < stepCount(state) ? 'next' : 'stay'
}
