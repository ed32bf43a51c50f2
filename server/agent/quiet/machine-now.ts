/** What is known of this machine now, without waiting for anything. */
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { NativeMachine } from '../../../native/quiet.ts'
import type { MachineNow } from './quiet-rules.ts'

const POWER_SUPPLIES = '/sys/class/power_supply'

/** Each call tells the load since the one before. */
export function machineReader(addon: NativeMachine): () => MachineNow {
  let before = cpuTimes()
  return () => {
    const now = cpuTimes()
    const othersLoad = loadBetween(before, now)
    before = now
    return { ...addon.machineState(), batteryPercent: null, ...powerOfLinux(), othersLoad }
  }
}

interface CpuTimes {
  readonly busyMs: number
  readonly allMs: number
  readonly ownMs: number
}

function cpuTimes(): CpuTimes {
  let busyMs = 0
  let idleMs = 0
  for (const { times } of cpus()) {
    busyMs += times.user + times.sys + times.irq
    // Whoever is nice gives way by himself, and so do we.
    idleMs += times.idle + times.nice
  }
  const { user, system } = process.cpuUsage()
  return { busyMs, allMs: busyMs + idleMs, ownMs: (user + system) / 1_000 }
}

function loadBetween(before: CpuTimes, now: CpuTimes): number | null {
  const allMs = now.allMs - before.allMs
  if (allMs <= 0) return null
  const othersMs = now.busyMs - before.busyMs - (now.ownMs - before.ownMs)
  return Math.min(1, Math.max(0, othersMs / allMs))
}

/** Elsewhere there is no such folder, and the system itself has said it. */
function powerOfLinux(): Partial<MachineNow> {
  let supplies: string[]
  try {
    supplies = readdirSync(POWER_SUPPLIES)
  } catch {
    return {}
  }
  const all = supplies.map((name) => ({
    type: fact(name, 'type'),
    status: fact(name, 'status'),
    percent: Number.parseInt(fact(name, 'capacity'), 10),
    scope: fact(name, 'scope'),
  }))
  // A mouse has a battery, too.
  const batteries = all.filter(({ type, scope }) => type === 'Battery' && scope !== 'Device')
  if (batteries.length === 0) return { isOnBattery: false }
  const percents = batteries.map(({ percent }) => percent).filter(Number.isFinite)
  return {
    isOnBattery: batteries.some(({ status }) => status === 'Discharging'),
    batteryPercent: percents.length === 0 ? null : Math.min(...percents),
  }
}

function fact(supply: string, name: string): string {
  try {
    return readFileSync(join(POWER_SUPPLIES, supply, name), 'utf8').trim()
  } catch {
    return ''
  }
}
