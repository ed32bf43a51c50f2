/**
 * `scripts/demo-orders`: one order on three demo machines, over the command line that people use. It is previewed, approved by a
 * second person, gets a receipt of every kind, is undone to the byte, and stands in an audit log that checks out.
 * Exit code 0 only if each of these happened.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DemoFleet, freePort } from './demo/fleet.ts'
import { type Cleanup, meddle } from './demo/meddling.ts'
import { ALL_ORDERED, type OrderDisks, writeOrderDisks } from './demo/order-disks.ts'
import { type Person, person } from './demo/person.ts'
import { holdLease } from './lib/file-lease.ts'
import { compareSnapshots, snapshotFolder } from './lib/independent-disk.ts'
import { root } from './lib/run.ts'
import { waitFor } from './lib/wait-for.ts'

const USAGE = `usage: scripts/demo-orders [--check]
  --check   the same, for a test: only what was proved`

async function main(): Promise<void> {
  const { help, check } = readArguments()
  if (help) return console.log(USAGE)
  const folder = makeFolder()
  const fleet = new DemoFleet(folder, await freePort(0))
  const cleanups: Cleanup[] = []
  try {
    const disks = writeOrderDisks(join(folder, 'disks'))
    await start(fleet, disks)
    await tell(fleet, disks, cleanups, !check)
    console.log('demo orders: everything holds')
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
    await fleet.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function readArguments(): { help: boolean; check: boolean } {
  const options = { help: { type: 'boolean' }, check: { type: 'boolean' } } as const
  try {
    const { help = false, check = false } = parseArgs({ options }).values
    return { help, check }
  } catch (error) {
    console.error(`demo-orders: ${(error as Error).message.split('. ')[0]}\n${USAGE}`)
    process.exit(2)
  }
}

/** Below the checkout where that file system keeps user attributes, as it nearly always does. */
function makeFolder(): string {
  const parent = join(root, '.sidestream')
  try {
    mkdirSync(parent, { recursive: true })
    return mkdtempSync(join(parent, 'orders-'))
  } catch {
    return mkdtempSync(join(tmpdir(), 'sidestream-orders-'))
  }
}

async function start(fleet: DemoFleet, { machines }: OrderDisks): Promise<void> {
  await fleet.startCentral()
  for (const machine of machines) {
    await fleet.enrol(machine)
    if (machine.policy !== undefined) fleet.setPolicy(machine, machine.policy)
    fleet.startAgent(machine)
  }
  await fleet.waitForInventory(machines)
  await waitFor('every stream of the story', async () => {
    const { total } = await fleet.client.search(ALL_ORDERED)
    return total === machines.reduce((sum, { streamCount }) => sum + streamCount, 0) || undefined
  })
}

async function tell(
  fleet: DemoFleet,
  disks: OrderDisks,
  cleanups: Cleanup[],
  isShown: boolean,
): Promise<void> {
  const olga = await person(fleet, 'olga', 'operator', isShown)
  const piet = await person(fleet, 'piet', 'approver', isShown)
  const admin = await person(fleet, 'admin', null, isShown)
  // So few streams would need nobody else otherwise.
  await fleet.client.setOrderPolicy({
    secondPersonAbove: 3,
    secondPersonFor: { actions: [], verdicts: [] },
  })

  const preview = await olga('order', 'preview', ALL_ORDERED)
  const [, previewId = '', count = ''] = match(preview, /order create (\S+) --confirm (\d+)/)
  expect(preview.includes('somebody else must approve it'), 'the preview asked for nobody else')
  proved(`a preview froze ${count} targets on three machines, and changed nothing`)

  // What people do to their files between the preview and the order.
  cleanups.push(meddle(disks))
  const before = snapshotsOf(disks)

  const reason = ['--reason', 'Our own installers, checked by hand']
  const made = await olga('order', 'create', previewId, '--confirm', count, ...reason)
  const [, orderId = ''] = match(made, /^order (\S+): strip, awaiting-approval/m)
  const refused = await olga.refused('order', 'approve', orderId, '--confirm', count, ...reason)
  expect(/NOT_PERMITTED|OWN_ORDER/.test(refused), `not refused to olga: ${refused}`)
  expect(same(before, snapshotsOf(disks)), 'something happened before the approval')
  const release = await holdLease(disks.pathOf('open-in-a-program.exe'))
  cleanups.push(release)
  const approval = ['--reason', 'Looked at the list', '--watch']
  await piet.partly('order', 'approve', orderId, '--confirm', count, ...approval)
  // Reading the file would wait for it.
  await release()
  proved('nothing happened before a second person approved it')

  await olga('order', 'show', orderId, '--targets')
  const { counts } = await fleet.client.order(orderId)
  for (const [outcome, wanted] of Object.entries(disks.outcomes)) {
    expect(
      counts[outcome] === wanted,
      `${outcome}: ${counts[outcome] ?? 0} receipts, not ${wanted}`,
    )
  }
  proved(
    `receipts: ${Object.entries(counts)
      .map(([state, n]) => `${n} ${state}`)
      .join(', ')}`,
  )
  expect(!same(before, snapshotsOf(disks)), 'nothing was stripped on disk')

  await undo(olga, orderId, disks.outcomes.done)
  const differences = differencesOf(before, snapshotsOf(disks))
  expect(differences.length === 0, `after the undo: ${differences.join('; ')}`)
  proved('the undo put back exact bytes: every disk is what it was before the order')
  await proveAudit(fleet, admin, olga)
}

async function undo(olga: Person, orderId: string, done: number): Promise<void> {
  const why = ['--reason', 'Showing that it can be undone', '--watch']
  const undone = await olga('order', 'undo', orderId, '--confirm', String(done), ...why)
  match(undone, /restore, finished/)
}

async function proveAudit(fleet: DemoFleet, admin: Person, offline: Person): Promise<void> {
  const file = join(fleet.folder, 'audit.ndjson')
  const exported = await admin('audit', 'export', file)
  const [, head = ''] = match(exported, /Head ([0-9a-f]{64})/)
  const log = readFileSync(file, 'utf8')
  for (const action of ['order.created', 'order.approved', 'order.finished', 'access.denied']) {
    expect(log.includes(`"action":"${action}"`), `the audit log has no ${action}`)
  }
  await fleet.stop()
  match(await offline('audit', 'verify', file, '--head', head), /^intact: /)
  proved('the audit chain checks out, with central gone')
  const forged = join(fleet.folder, 'forged.ndjson')
  copyFileSync(file, forged)
  writeFileSync(forged, log.replace('"actor":"piet"', '"actor":"olga"'))
  const said = await offline.refused('audit', 'verify', forged)
  match(said, /^broken: record \d+: altered/m)
  proved('a forged approval shows')
}

type Snapshots = ReturnType<typeof snapshotFolder>[]

function snapshotsOf({ machines }: OrderDisks): Snapshots {
  return machines.map(({ scope }) => snapshotFolder(scope))
}

function differencesOf(before: Snapshots, after: Snapshots): string[] {
  return before.flatMap((snapshot, index) => compareSnapshots(snapshot, after[index] ?? {}))
}

function same(before: Snapshots, after: Snapshots): boolean {
  return differencesOf(before, after).length === 0
}

function match(text: string, pattern: RegExp): RegExpExecArray {
  const found = pattern.exec(text)
  if (found === null) throw new Error(`no ${pattern} in: ${text}`)
  return found
}

function proved(what: string): void {
  console.log(`  proved  ${what}`)
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

main().catch((error: Error) => {
  console.error(`demo-orders: ${error.message}`)
  process.exitCode = 1
})
