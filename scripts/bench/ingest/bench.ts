/**
 * How fast reports become rows: through a real WebSocket, decompression, validation and commit, against a bare
 * better-sqlite3 that inserts the very same rows into the same tables; and whether central's event loop stays free
 * while a connected fleet changes.
 *
 * usage: npm run bench -- ingest [--machines N] [--streams N] [--fleet N] [--seconds N]
 *   --machines N   that report everything at once; 40 if not given
 *   --streams N    of each of them; 5000 if not given
 *   --fleet N      machines whose streams change, 1 % of them every ten seconds; 300 if not given
 *   --seconds N    how long that is watched; 30 if not given
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { SimulatedFleet } from '../../fleet/simulated-fleet.ts'
import { waitFor } from '../../lib/wait-for.ts'
import { MeasuredCentral } from '../lib/measured-central.ts'
import { conclude, type Target } from '../lib/report.ts'
import { insertSameRows } from './bare-insert.ts'
import type { SenderOptions, SenderResult } from './sender.ts'

const CHURN_EVERY_SECONDS = 10

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      machines: { type: 'string', default: '40' },
      streams: { type: 'string', default: '5000' },
      fleet: { type: 'string', default: '300' },
      seconds: { type: 'string', default: '30' },
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-bench-'))
  try {
    const first = await measureRate(folder, Number(values.machines), Number(values.streams))
    const second = await measureChurn(folder, Number(values.fleet), Number(values.seconds))
    const targets = [...first.targets, ...second.targets]
    return conclude('ingest', targets, [], { ...first.details, ...second.details })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Part {
  readonly targets: Target[]
  readonly details: object
}

async function measureRate(folder: string, machines: number, streams: number): Promise<Part> {
  const central = await MeasuredCentral.start(folder)
  let sent: SenderResult
  let dataDir: string
  try {
    const token = await central.token(machines)
    sent = await send({ centralUrl: central.url, token, machines, streams })
    dataDir = central.dataDir
  } finally {
    await central.stop()
  }
  const bare = insertSameRows(join(dataDir, 'inventory.sqlite'), join(folder, 'bare.sqlite'))
  const ours = sent.rows / sent.seconds
  const theirs = bare.streams / bare.seconds
  console.log(
    `central:              ${ours.toFixed(0)} rows/s, ${sent.rows} in ${sent.seconds.toFixed(1)} s`,
  )
  console.log(`bare better-sqlite3:  ${theirs.toFixed(0)} rows/s, ${bare.rows} rows of all tables`)
  const what = 'rows/s from the socket to the commit, against bare inserts of the same rows'
  return {
    targets: [{ what, unit: 'of their rate', value: ours / theirs, atLeast: 0.5 }],
    details: { machines, streams, sent, bare },
  }
}

/** In a process of its own: what reports must not slow what takes them in. */
async function send(options: SenderOptions): Promise<SenderResult> {
  const child = fork(join(import.meta.dirname, 'sender.ts'), [JSON.stringify(options)])
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the sender ended with ${code}`)
  })
  failed.catch(() => undefined)
  const [result] = (await Promise.race([once(child, 'message'), failed])) as [SenderResult]
  return result
}

async function measureChurn(folder: string, machines: number, seconds: number): Promise<Part> {
  const streams = 1_000
  const place = join(folder, 'churn')
  const central = await MeasuredCentral.start(mkdtempSync(place))
  const fleet = new SimulatedFleet({
    centralUrl: central.url,
    token: await central.token(machines),
    machines,
    streams,
    seed: 2,
    churn: 0.01,
    churnEverySeconds: CHURN_EVERY_SECONDS,
    ignoresTurns: true,
    processes: 1,
  })
  try {
    fleet.start()
    const isComplete = () => fleet.state().scanned === machines || undefined
    await waitFor('all machines to be connected', isComplete, 10 * 60_000)
    const isQuiet = () => fleet.state().pending < machines * streams * 0.01 || undefined
    await waitFor('the first scans to be stored', isQuiet, 10 * 60_000)
    await sleep(CHURN_EVERY_SECONDS * 1_000)
    await central.loopDelay()
    const before = fleet.state().deltas
    await sleep(seconds * 1_000)
    const { p99Ms, maxMs } = await central.loopDelay()
    const deltas = (fleet.state().deltas - before) / seconds
    console.log(`churn: ${deltas.toFixed(0)} deltas/s; event loop p99 ${p99Ms.toFixed(1)} ms`)
    const what = 'delay of the event loop while 1 % changes, 99th percentile'
    return {
      targets: [{ what, unit: 'ms', value: p99Ms, atMost: 50 }],
      details: { fleet: machines, deltasPerSecond: deltas, loopMaxMs: maxMs },
    }
  } finally {
    await fleet.end()
    await central.stop()
  }
}
