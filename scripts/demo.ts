/**
 * Starts central and three demo machines over real streams, and prints the console's address and login.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DemoFleet, freePort } from './demo/fleet.ts'
import { proveWholePath } from './demo/proof.ts'
import { type DemoMachine, writeDemoDisks } from './demo/story.ts'
import { root } from './lib/run.ts'

const USUAL_PORT = 7333

class UsageError extends Error {}

const USAGE = `usage: npm run demo [-- --check] [--port N]
  --check   without a browser: prove the whole path on disk, print the seconds of a cold and a warm start
  --port    where the console is reached; default ${USUAL_PORT}, or any free port`

async function main(): Promise<void> {
  const { help, check, port } = readArguments()
  if (help) return console.log(USAGE)
  const folder = makeFolder()
  const fleet = new DemoFleet(folder, await freePort(port))
  const machines = writeDemoDisks(join(folder, 'disks'))
  const ended = check ? undefined : waitForSignal()
  try {
    const coldSeconds = await timed(() => startEverything(fleet, machines))
    if (check) await proveAndRestart(fleet, machines, coldSeconds)
    else {
      showAddress(fleet, machines, coldSeconds)
      await ended
    }
  } finally {
    await fleet.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function readArguments(): { help: boolean; check: boolean; port: number } {
  const values = parseFlags()
  const port = Number(values.port ?? USUAL_PORT)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`--port ${values.port}: no port number`)
  }
  return {
    help: values.help ?? false,
    check: values.check ?? false,
    port: values.check && values.port === undefined ? 0 : port,
  }
}

function parseFlags(): { help?: boolean; check?: boolean; port?: string } {
  try {
    const options = {
      help: { type: 'boolean' },
      check: { type: 'boolean' },
      port: { type: 'string' },
    } as const
    return parseArgs({ options }).values
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0])
  }
}

/** Below the checkout where that file system keeps user attributes, as it nearly always does. */
function makeFolder(): string {
  const parent = join(root, '.sidestream')
  try {
    mkdirSync(parent, { recursive: true })
    return mkdtempSync(join(parent, 'demo-'))
  } catch {
    return mkdtempSync(join(tmpdir(), 'sidestream-demo-'))
  }
}

async function startEverything(fleet: DemoFleet, machines: readonly DemoMachine[]): Promise<void> {
  await fleet.startCentral()
  await Promise.all(
    machines.map(async (machine) => {
      await fleet.enrol(machine)
      fleet.startAgent(machine)
    }),
  )
  await fleet.waitForInventory(machines)
}

async function proveAndRestart(
  fleet: DemoFleet,
  machines: readonly DemoMachine[],
  coldSeconds: number,
): Promise<void> {
  console.log(`central at ${fleet.url}, ${machines.length} machines`)
  await proveWholePath(fleet, machines)
  await fleet.stop()
  const warmSeconds = await timed(async () => {
    await fleet.startCentral()
    for (const machine of machines) fleet.startAgent(machine)
    await fleet.waitForInventory(machines)
  })
  const setup = process.env.SIDESTREAM_SETUP_SECONDS
  if (setup !== undefined) console.log(`setup before it: ${Number(setup).toFixed(1)} s`)
  console.log(`cold start (empty state, enrolment, first scans): ${coldSeconds.toFixed(1)} s`)
  console.log(`warm start (same state): ${warmSeconds.toFixed(1)} s`)
  console.log('demo check: everything holds')
}

function showAddress(fleet: DemoFleet, machines: readonly DemoMachine[], seconds: number): void {
  console.log(`\nSidestream is up (${seconds.toFixed(1)} s).\n`)
  console.log(`  console   ${fleet.url}`)
  console.log(`  sign in   admin  ${fleet.password}\n`)
  for (const { name, story, scope } of machines)
    console.log(`  ${name.padEnd(13)} ${story}\n${' '.repeat(16)}${scope}`)
  console.log(
    '\n  Try: zone:3 ext:exe   verdict:suspicious   host:*.acme.example   stream:update.exe',
  )
  console.log(
    '  Pick streams, strip them, watch the receipts, undo. Ctrl-C ends everything and cleans up.',
  )
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve())
  })
}

main().catch((error: Error) => {
  console.error(`demo: ${error.message}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
