/**
 * Thousands of machines against one central: the agent's real link and outbox over made-up inventories. Enrols
 * them through the API on the first run, keeps their keys, and goes on until it is stopped.
 *
 * usage: scripts/simulate-fleet [OPTIONS]
 *   --central URL     http://127.0.0.1:7333 if not given
 *   --machines N      100 if not given
 *   --streams N       of each machine at first; 500 if not given
 *   --churn SHARE     such as 1%: how much of each machine changes in a round; nothing if not given
 *   --every SECONDS   how long a round is; 60 if not given
 *   --processes N     2 if not given
 *   --seed N          of the inventories; 1 if not given
 *   --at-once         all scan as soon as they are connected, whatever turn central gives them
 *   --once            ends when central has everything, with exit code 0
 *   --keys FILE       where the machines' keys are kept; .sidestream/fleet-keys.json if not given
 *
 * The password of central's administrator is read from SIDESTREAM_ADMIN_PASSWORD.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CentralClient } from '../lib/central-client.ts'
import { root } from '../lib/run.ts'
import { readArgs } from '../lib/usage.ts'
import type { PartState } from './fleet-worker.ts'
import { knownIdentities, SimulatedFleet } from './simulated-fleet.ts'

const LINE_MS = 2_000
const COLUMNS = [
  'seconds',
  'enrolled',
  'connected',
  'scanned',
  'in step',
  'acknowledged',
  'pending',
  'deltas/s',
]

const { values } = readArgs(import.meta.filename, {
  options: {
    central: { type: 'string', default: 'http://127.0.0.1:7333' },
    machines: { type: 'string', default: '100' },
    streams: { type: 'string', default: '500' },
    churn: { type: 'string', default: '0%' },
    every: { type: 'string', default: '60' },
    processes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'boolean', default: false },
    once: { type: 'boolean', default: false },
    keys: { type: 'string', default: join(root, '.sidestream/fleet-keys.json') },
  },
})

const centralUrl = values.central.replace(/\/+$/, '')
const machines = wholeNumber('machines')
const known = knownIdentities({ identityFile: values.keys, centralUrl, machines })
const fleet = new SimulatedFleet({
  centralUrl,
  token: known.length < machines ? await enrolmentToken(machines - known.length) : '',
  machines,
  streams: wholeNumber('streams'),
  seed: wholeNumber('seed'),
  churn: Number.parseFloat(values.churn) / 100,
  churnEverySeconds: wholeNumber('every'),
  ignoresTurns: values['at-once'],
  processes: Math.min(machines, wholeNumber('processes')),
  identityFile: values.keys,
})

let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isStopped = true))
fleet.start()
const startedMs = performance.now()
try {
  await watch()
} finally {
  await fleet.end()
}

async function watch(): Promise<void> {
  console.log(COLUMNS.map((name) => name.padStart(12)).join(''))
  let before = fleet.state()
  while (!isStopped) {
    await sleep(LINE_MS)
    const state = fleet.state()
    console.log(line(state, before))
    before = state
    if (values.once && state.inStep === machines) return
  }
}

function line(state: PartState, before: PartState): string {
  const { enrolled, connected, scanned, inStep, acknowledged, pending, deltas } = state
  const seconds = (performance.now() - startedMs) / 1_000
  const rate = ((deltas - before.deltas) * 1_000) / LINE_MS
  return [seconds, enrolled, connected, scanned, inStep, acknowledged, pending, rate]
    .map((value) => value.toFixed(0).padStart(12))
    .join('')
}

async function enrolmentToken(uses: number): Promise<string> {
  const client = new CentralClient(centralUrl)
  await client.signIn('admin', process.env.SIDESTREAM_ADMIN_PASSWORD ?? '')
  return (await client.createEnrolment(uses)).token
}

function wholeNumber(name: 'machines' | 'streams' | 'every' | 'processes' | 'seed'): number {
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number > 0) return number
  console.error(`--${name} must be a whole number, not "${values[name]}"`)
  process.exit(2)
}
