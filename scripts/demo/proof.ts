/**
 * `npm run demo -- --check`: the whole path without a browser, each claim proved by an independent read of
 * the disk. Throws at the first claim that does not hold.
 */
import type { Order } from '../../server/protocol/api/orders.ts'
import {
  compareSnapshots,
  type DiskSnapshot,
  sambaXattrName,
  snapshotFolder,
} from '../lib/independent-disk.ts'
import { waitFor } from '../lib/wait-for.ts'
import type { DemoFleet } from './fleet.ts'
import type { DemoMachine } from './story.ts'

const SEARCHES = ['zone:3 ext:exe', 'verdict:suspicious', 'host:*.acme.example']
const TO_STRIP = 'machine:RECEPTION-07 name:AcmeSetup-4.2.exe stream:Zone.Identifier'

export async function proveWholePath(
  fleet: DemoFleet,
  machines: readonly DemoMachine[],
): Promise<void> {
  await proveInventory(fleet, machines)
  await showSearches(fleet)
  const reception = machines.find(({ name }) => name === 'RECEPTION-07')
  if (reception === undefined) throw new Error('the demo has no RECEPTION-07')
  await proveStripAndRestore(fleet, reception.scope)
}

async function proveInventory(fleet: DemoFleet, machines: readonly DemoMachine[]): Promise<void> {
  for (const { name, scope, streamCount } of machines) {
    const { total } = await fleet.client.search(`machine:${name}`)
    console.log(`  ${name.padEnd(13)} ${String(total).padStart(3)} streams`)
    expect(total > 0, `${name} reported no stream`)
    if (streamCount === 0) continue
    const onDisk = countSambaStreams(snapshotFolder(scope))
    expect(onDisk === total, `${name}: central knows ${total} streams, its disk has ${onDisk}`)
  }
}

async function showSearches(fleet: DemoFleet): Promise<void> {
  for (const query of SEARCHES) {
    const startedAt = performance.now()
    const { total, streams } = await fleet.client.search(query)
    const ms = (performance.now() - startedAt).toFixed(0)
    console.log(`  search  ${query.padEnd(22)} ${total} found in ${ms} ms`)
    for (const { hostname, path, stream } of streams)
      console.log(`            ${hostname}  ${path}:${stream}`)
    expect(
      total > 0 && total === streams.length,
      `"${query}" found ${total}, showed ${streams.length}`,
    )
  }
}

async function proveStripAndRestore(fleet: DemoFleet, folder: string): Promise<void> {
  const before = snapshotFolder(folder)
  const { streams } = await fleet.client.search(TO_STRIP)
  const target = streams[0]
  if (target === undefined || streams.length !== 1)
    throw new Error(`${TO_STRIP} found ${streams.length} streams`)

  const { targetCount } = await fleet.client.previewOrder([target.streamId])
  const order = await fleet.client.strip(
    [target.streamId],
    targetCount,
    'Our own installer, checked',
  )
  await expectDone(fleet, order, 'stripped')
  const went = `Users/Public/Downloads/AcmeSetup-4.2.exe: ${sambaXattrName('Zone.Identifier')} went`
  const changes = compareSnapshots(before, snapshotFolder(folder))
  expect(
    changes.length === 1 && changes[0] === went,
    `on disk: ${changes.join('; ') || 'nothing changed'}`,
  )
  console.log(
    '  proved  this stream and only it is gone; bytes, time and mode of every file are the same',
  )
  await waitForTotal(fleet, 0)

  await expectDone(
    fleet,
    await fleet.client.undo(order.orderId, 1, 'Showing that it can be undone'),
    'restored',
  )
  const differences = compareSnapshots(before, snapshotFolder(folder))
  expect(differences.length === 0, `after the undo: ${differences.join('; ')}`)
  console.log('  proved  the disk is what it was before, to the byte')
  await waitForTotal(fleet, 1)
}

async function expectDone(fleet: DemoFleet, order: Order, word: string): Promise<void> {
  await waitFor(`order ${order.orderId} to finish`, async () =>
    (await fleet.client.order(order.orderId)).state === 'finished' ? true : undefined,
  )
  const [target] = (await fleet.client.orderTargets(order.orderId)).targets
  console.log(
    `  receipt ${target?.state}: ${target?.path}:${target?.stream} on ${target?.hostname}`,
  )
  expect(target?.state === 'done', `not ${word}: ${target?.reason}`)
}

/** The inventory must say the same as the disk, without another scan. */
async function waitForTotal(fleet: DemoFleet, wanted: number): Promise<void> {
  await waitFor(`the inventory to show ${wanted} of the stream`, async () =>
    (await fleet.client.search(TO_STRIP)).total === wanted ? true : undefined,
  )
}

function countSambaStreams(snapshot: DiskSnapshot): number {
  const names = Object.values(snapshot).flatMap((entry) => Object.keys(entry.xattrs))
  return names.filter((name) => name.startsWith('user.DosStream.')).length
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
