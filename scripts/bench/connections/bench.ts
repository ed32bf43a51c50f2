/**
 * What a fleet that is only connected costs central, and how it comes back after central was killed.
 *
 * usage: npm run bench -- connections [--machines N] [--streams N] [--idle SECONDS]
 *   --machines N      10000 if not given; needs twice as many open files
 *   --streams N       of each machine; 20 if not given: it is the connections that are measured
 *   --idle SECONDS    how long the CPU of the idle fleet is measured; 60 if not given
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { PartState } from '../../fleet/fleet-worker.ts'
import { SimulatedFleet } from '../../fleet/simulated-fleet.ts'
import { waitFor } from '../../lib/wait-for.ts'
import { MeasuredCentral } from '../lib/measured-central.ts'
import { conclude, type Target } from '../lib/report.ts'

/** For the first connections and deltas of the fleet; the time that it takes is not what is measured. */
const PATIENCE_MS = 30 * 60_000
/** After the load of the beginning: timers run out, garbage is collected. */
const SETTLE_MS = 20_000
/** Of the machines, how many change while central is away. */
const CHURN = 0.01

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      machines: { type: 'string', default: '10000' },
      streams: { type: 'string', default: '20' },
      idle: { type: 'string', default: '60' },
    },
  })
  const [machines, streams, idle] = [values.machines, values.streams, values.idle].map(Number)
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-bench-'))
  const central = await MeasuredCentral.start(folder)
  const fleet = new SimulatedFleet({
    centralUrl: central.url,
    token: await central.token(machines!),
    machines: machines!,
    streams: streams!,
    seed: 1,
    churn: 0,
    churnEverySeconds: 60,
    ignoresTurns: true,
    processes: 2,
  })
  try {
    fleet.start()
    const { targets, details } = await measure(central, fleet, machines!, idle!)
    return conclude('connections', targets, [], { machines, streams, ...details })
  } finally {
    await fleet.end()
    await central.stop()
    rmSync(folder, { recursive: true })
  }
}

async function measure(
  central: MeasuredCentral,
  fleet: SimulatedFleet,
  machines: number,
  idle: number,
) {
  await inStep(fleet, machines, PATIENCE_MS)
  await sleep(SETTLE_MS)

  const cpuBefore = central.cpuSeconds()
  await sleep(idle * 1_000)
  const idleCpu = ((central.cpuSeconds() - cpuBefore) / idle) * 100
  const rss = central.rssMib()
  console.log(`${machines} machines: ${rss.toFixed(0)} MiB, ${idleCpu.toFixed(1)} % of a core`)

  const before = fleet.state()
  await central.kill()
  fleet.churn(CHURN)
  await sleep(2_000)
  const startedMs = performance.now()
  await central.start(PATIENCE_MS)
  const readySeconds = (performance.now() - startedMs) / 1_000
  console.log(`ready after ${readySeconds.toFixed(1)} s`)
  const after = await inStep(fleet, machines, 5 * 60_000)
  const backSeconds = (performance.now() - startedMs) / 1_000
  const rssAfter = central.rssMib()
  // On a machine that others use as well, this says more than the time.
  const backCpuSeconds = central.cpuSeconds()
  console.log(`back after ${backSeconds.toFixed(0)} s, with ${backCpuSeconds.toFixed(1)} s of CPU`)
  // Each machine had one change, and so one delta to send.
  const deltas = after.deltas - before.deltas
  const targets: Target[] = [
    {
      what: `resident memory of central with ${machines} agents`,
      unit: 'MiB',
      value: rss,
      atMost: 700,
    },
    { what: 'CPU while nothing happens', unit: '% of a core', value: idleCpu, atMost: 10 },
    {
      what: 'all back and in step after central was killed',
      unit: 's',
      value: backSeconds,
      atMost: 60,
    },
    {
      what: 'deltas sent after it for each machine',
      unit: 'deltas',
      value: deltas / machines,
      atMost: 1,
    },
  ]
  return { targets, details: { rssAfter, readySeconds, backCpuSeconds } }
}

function inStep(fleet: SimulatedFleet, machines: number, timeoutMs: number): Promise<PartState> {
  let told = 0
  return waitFor(
    `${machines} machines to be in step`,
    () => {
      const state = fleet.state()
      if (performance.now() - told > 5_000) {
        told = performance.now()
        console.log(`  ${state.connected} connected, ${state.inStep} in step`)
      }
      return state.inStep === machines && state.connected === machines ? state : undefined
    },
    timeoutMs,
  )
}
