/**
 * What an agent costs the machine that it runs on: idle, while it scans a large volume, and for each change; and
 * how soon central knows of a new stream.
 *
 * usage: npm run bench -- agent [--files N] [--tree N]
 *   --files N   of the volume that is scanned; 1000000 if not given
 *   --tree N    of the live folder; 50000 if not given
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { loadAddon } from '../../../native/addon.ts'
import { enroll } from '../../../server/agent/enroll.ts'
import { startCentral } from '../../../server/central/start-central.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { CentralClient } from '../../lib/central-client.ts'
import { writeSambaStreams } from '../../lib/independent-disk.ts'
import { waitFor } from '../../lib/wait-for.ts'
import { median } from '../lib/measure.ts'
import { bring } from '../lib/packages.ts'
import { benchFolder, conclude, type Target } from '../lib/report.ts'
import { liveTree } from '../scan/live-tree.ts'
import { neededForVolume, volumeImage } from '../scan/volume-image.ts'
import { AgentProcess } from './agent-process.ts'

const PASSWORD = 'correct horse battery staple'
const MARK = '[ZoneTransfer]\r\nZoneId=3\r\n'
const UNLIMITED = { filesPerSecond: null, megabytesPerSecond: null, mostDelayMinutes: 0 }
const SETTLE_MS = 15_000
const IDLE_MS = 20_000
const CHANGES = 100
const ARRIVALS = 10

interface Findings {
  readonly targets: Target[]
  readonly notMeasured: string[]
  readonly details: Record<string, unknown>
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      files: { type: 'string', default: '1000000' },
      tree: { type: 'string', default: '50000' },
    },
  })
  const [files, tree] = [Number(values.files), Number(values.tree)]
  const findings: Findings = { targets: [], notMeasured: [], details: { files, tree } }
  mkdirSync(benchFolder, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'sidestream-bench-agent-'))
  try {
    await measureIdle(work, findings)
    const missing = bring(neededForVolume)
    if (missing === null) await measureScan(work, files, findings)
    else findings.notMeasured.push(`a volume's scan; enable it: ${missing}`)
    await measureCap(tree, findings)
    await measureChanges(work, tree, findings)
    await measureArrival(work, findings)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return conclude('agent', findings.targets, findings.notMeasured, findings.details)
}

async function measureIdle(work: string, to: Findings): Promise<void> {
  const scope = [join(work, 'idle')]
  mkdirSync(scope[0]!)
  // The first run fills the cache of compiled code, as an installed agent has it.
  for (const round of ['first', 'second']) {
    const agent = await AgentProcess.start(join(work, 'idle-state'), { scope, quiet: UNLIMITED })
    await agent.scanned()
    await sleep(round === 'first' ? 1_000 : SETTLE_MS)
    const before = agent.cpuSeconds()
    if (round === 'second') {
      await sleep(IDLE_MS)
      const share = ((agent.cpuSeconds() - before) / (IDLE_MS / 1_000)) * 100
      to.targets.push(
        { what: 'memory of an idle agent', unit: 'MiB', value: agent.memory().now, atMost: 90 },
        { what: 'one processor, for an idle agent', unit: '%', value: share, atMost: 0.5 },
      )
    }
    await agent.stop()
  }
}

async function measureScan(work: string, files: number, to: Findings): Promise<void> {
  const scope = [volumeImage(files).image]
  const agent = await AgentProcess.start(join(work, 'scan-state'), { scope, quiet: UNLIMITED })
  await agent.scanned()
  const { lastScan } = await agent.status()
  to.targets.push({
    what: `most memory while it scans ${files} files and keeps ${lastScan!.streamsFound} streams`,
    unit: 'MiB',
    value: agent.memory().peak,
    atMost: 200,
  })
  to.details.scan = lastScan
  await agent.stop()
}

async function measureCap(tree: number, to: Findings): Promise<void> {
  const seconds = 5
  const startedMs = performance.now()
  const scan = loadAddon().startScan(liveTree(benchFolder, tree), {
    hash: false,
    contentBytes: 0,
    includeInternal: false,
    exclude: [],
    batchStreams: 1_000,
    threads: 4,
    filesPerSecond: tree / seconds,
  })
  while ((await scan.next()) !== null) {}
  const value = scan.progress().carriersSeen / ((performance.now() - startedMs) / 1_000)
  to.targets.push({
    what: 'files a second under a cap',
    unit: 'times the cap',
    value: value / (tree / seconds),
    atMost: 1.02,
  })
}

/** Processor time, which other programs do not lengthen as they do the wall's. */
async function measureChanges(work: string, tree: number, to: Findings): Promise<void> {
  const folder = liveTree(benchFolder, tree)
  const agent = await AgentProcess.start(join(work, 'changes-state'), {
    scope: [folder],
    quiet: UNLIMITED,
  })
  try {
    await agent.scanned()
    const { watches, streamsKnown } = await agent.status()
    if (watches[0]?.how !== 'notices') {
      to.notMeasured.push(`the cost of a change (${watches[0]?.message}); enable it: run as root`)
      return
    }
    await sleep(2_000)
    const before = agent.cpuSeconds()
    await agent.scan()
    const scanSeconds = agent.cpuSeconds() - before
    const place = mkdtempSync(join(folder, 'changes-'))
    const between = agent.cpuSeconds()
    writeMarked(Array.from({ length: CHANGES }, (_, n) => join(place, `${n}`)))
    const isKnown = async () => (await agent.status()).streamsKnown >= streamsKnown + CHANGES
    await waitFor('the changes', async () => (await isKnown()) || undefined)
    const changesSeconds = agent.cpuSeconds() - between
    rmSync(place, { recursive: true })
    to.targets.push({
      what: `processor time for ${CHANGES} changes against a full scan of ${tree} files`,
      unit: 'times',
      value: changesSeconds / scanSeconds,
      atMost: 0.5,
    })
    Object.assign(to.details, { scanSeconds, changesSeconds })
  } finally {
    await agent.stop()
  }
}

async function measureArrival(work: string, to: Findings): Promise<void> {
  const data = join(work, 'arrival')
  mkdirSync(data)
  const central = await startCentral({
    logger: pino({ level: 'silent' }),
    clock: systemClock,
    dataDir: join(work, 'central'),
    host: '127.0.0.1',
    port: 0,
    adminPassword: PASSWORD,
    scanEverySeconds: 86_400,
  })
  const stateDir = join(work, 'arrival-state')
  const client = new CentralClient(central.url)
  await client.signIn('admin', PASSWORD)
  const { token } = await client.createEnrolment(1)
  await enroll({ stateDir, serverUrl: central.url, token, scope: [data], exclude: [] })
  const agent = await AgentProcess.start(stateDir, { scope: [data], quiet: UNLIMITED })
  try {
    await agent.scanned()
    const { watches } = await agent.status()
    if (watches[0]?.how !== 'notices') {
      to.notMeasured.push(`how soon central knows (${watches[0]?.message}); enable it: run as root`)
      return
    }
    const seconds: number[] = []
    for (let n = 0; n < ARRIVALS; n++) {
      const startedMs = performance.now()
      writeMarked([join(data, `arrival-${n}`)])
      await waitFor('the stream at central', async () => {
        const { streams } = await client.search(`name:arrival-${n}`)
        return streams.length > 0 || undefined
      })
      seconds.push((performance.now() - startedMs) / 1_000)
    }
    const value = Math.max(...seconds)
    to.targets.push({ what: 'a new stream at central, the slowest', unit: 's', value, atMost: 5 })
    to.details.arrivalMedianSeconds = median(seconds)
  } finally {
    await agent.stop()
    await central.close()
  }
}

function writeMarked(paths: readonly string[]): void {
  for (const path of paths) writeFileSync(path, '')
  const bytes = Buffer.from(MARK)
  writeSambaStreams(paths.map((path) => ({ path, stream: 'Zone.Identifier', bytes })))
}
