/** Random orders for the streams of a tree, and what somebody else does to it before, meanwhile or all along. */
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { newTargetId, restoreTargetOf } from '../../../server/agent/local.ts'
import { sha256 } from '../../../server/agent/strip/decide.ts'
import type { MarkTarget, OrderAction, OrderTarget } from '../../../server/protocol/order.ts'
import { addon } from '../../support/native.ts'
import type { Entry, Operation } from './disk.ts'
import { anEngine, type Order } from './mortal-engine.ts'
import { markOf, NEVER, ZONE, ZONE_IN_ANOTHER_CASE } from './random-tree.ts'

export const ORIGIN = { zoneId: 3, hostUrl: 'https://example.com/written' }

/** Before the orders; between the look at a carrier and the act on it; or at any moment. */
export type When = 'before' | 'between' | 'meanwhile'

const MEDDLINGS = [
  'write',
  'write',
  'remove',
  'append',
  'delete',
  'replace',
  'rename',
  'swap for a link',
  'rename the folder',
  'swap the folder for a link',
] as const

export interface Meddling {
  readonly what: (typeof MEDDLINGS)[number]
  readonly carrier: number
  readonly stream: number
  readonly delayUs: number
}

export interface Plan {
  /** Of each carrier's streams in turn, and last of a mark where it has none. */
  readonly actions: readonly (OrderAction | 'none')[]
  /** By the second path of a carrier that has one. */
  readonly byLink: readonly boolean[]
  /** Of each carrier in turn. */
  readonly when: readonly When[]
  readonly meddlings: readonly Meddling[]
  /** The one who meddles meanwhile begins with the engine, or with its first act on the disk. */
  readonly begins: 'with the engine' | 'with the first act'
}

export const plans: fc.Arbitrary<Plan> = fc.record({
  actions: fc.array(
    fc.constantFrom('strip', 'strip', 'strip', 'reduce', 'restore', 'mark', 'none'),
    {
      minLength: 12,
      maxLength: 12,
    },
  ),
  byLink: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  when: fc.array(fc.constantFrom('before', 'between', 'meanwhile', 'meanwhile'), {
    minLength: 5,
    maxLength: 5,
  }),
  meddlings: fc.array(
    fc.record<Meddling>({
      what: fc.constantFrom(...MEDDLINGS),
      carrier: fc.nat(12),
      stream: fc.nat(3),
      delayUs: fc.nat(1_500),
    }),
    { maxLength: 8 },
  ),
  begins: fc.constantFrom('with the engine', 'with the first act'),
})

/** Orders for a tree that stands; what is to be restored is stripped on the way, with its engine's state. */
export async function ordersFor(
  root: string,
  entries: readonly Entry[],
  plan: Plan,
  stateDir: string,
): Promise<Order[]> {
  const { volumeId } = await addon.probe(root)
  const orders: Order[] = []
  const toRestore: OrderTarget[] = []
  let at = 0
  for (const entry of entries) {
    const paths = [entry.path, ...entry.links]
    const path = paths.at(plan.byLink[at % plan.byLink.length] ? -1 : 0)!
    const { identity, close } = await identityOf(root, path)
    close()
    const place = { volumeId, identity, path }
    for (const [stream, base64] of Object.entries(entry.streams)) {
      if (stream === ZONE_IN_ANOTHER_CASE) continue
      const action = plan.actions[at++ % plan.actions.length]!
      const bytes = Buffer.from(base64, 'base64')
      const what = { stream, sizeBytes: bytes.length, sha256: sha256(bytes) }
      const target = { ...place, ...what, targetId: newTargetId() } as unknown as OrderTarget
      if (action === 'restore' && stream !== NEVER) toRestore.push(target)
      else if (action === 'reduce' && stream === ZONE) orders.push(['reduce', target])
      else if (action !== 'none') orders.push(['strip', target])
    }
    if (entry.streams[ZONE] === undefined && plan.actions[at++ % plan.actions.length] === 'mark') {
      const what = { stream: ZONE, expected: 'absent', origin: ORIGIN, targetId: newTargetId() }
      orders.push(['mark', { ...place, ...what } as unknown as MarkTarget])
    }
  }
  if (toRestore.length === 0) return orders
  const engine = await anEngine(stateDir, root, addon)
  await engine.run('strip', toRestore, 'to be restored')
  for (const kept of engine.quarantine({ limit: 500 }).entries) {
    orders.push(['restore', restoreTargetOf(kept)])
  }
  await engine.close()
  return orders
}

async function identityOf(root: string, path: string) {
  const carrier = await addon.openCarrier(root, path, null)
  return { identity: carrier.identity, close: () => carrier.close() }
}

/** What is done at that time, as operations, with the path of the carrier it is about. */
export function operationsOf(
  entries: readonly Entry[],
  plan: Plan,
  when: When,
): { readonly carrier: Entry; readonly operation: Operation }[] {
  return plan.meddlings.flatMap((meddling, number) => {
    // The root stays: it is what the orders' scope is.
    const at = 1 + (meddling.carrier % (entries.length - 1))
    const carrier = entries[at]!
    if (plan.when[at % plan.when.length] !== when) return []
    const operation = operationOf(entries, carrier, meddling, number)
    return operation === null ? [] : [{ carrier, operation }]
  })
}

function operationOf(
  entries: readonly Entry[],
  carrier: Entry,
  { what, stream, delayUs }: Meddling,
  number: number,
): Operation | null {
  const [root, isFile] = [entries[0]!.path, carrier.kind === 'file']
  const { path } = carrier
  // Names that are as long as they may be get no longer.
  const aside = join(dirname(path), `moved ${number}`)
  const none = { path, stream: '', text: '', to: aside, link: '', streams: {}, delayUs }
  const bystander = entries.find(
    (entry) => entry.kind === carrier.kind && entry.path !== root,
  )!.path
  // Of a mark its case counts when it is looked at and not when it is written; that gap is not ours to try.
  const streams = Object.keys(carrier.streams).filter((name) => name !== ZONE_IN_ANOTHER_CASE)
  const named = [...streams, ZONE][stream % (streams.length + 1)]!
  const folder = isFile ? dirname(path) : path
  const folderAside = join(dirname(folder), `moved ${number}`)
  switch (what) {
    case 'write':
      return { ...none, what, stream: named, text: `${markOf(`by another ${number}`, 30)}` }
    case 'remove':
      return { ...none, what, stream: named }
    case 'append':
      return isFile ? { ...none, what, text: ` appended ${number}` } : null
    case 'delete':
      return isFile ? { ...none, what } : null
    case 'replace':
      // By one that looks the same, as a program does that saves a file anew.
      return isFile ? { ...none, what, text: carrier.content, streams: carrier.streams } : null
    case 'rename':
      return { ...none, what }
    case 'swap for a link':
      return { ...none, what: 'swap', link: number % 2 === 0 ? bystander : aside }
    case 'rename the folder':
      return folder === root ? null : { ...none, what: 'rename', path: folder, to: folderAside }
    case 'swap the folder for a link':
      // To where all of it is still to be found, by the wrong way.
      return folder === root
        ? null
        : { ...none, what: 'swap', path: folder, to: folderAside, link: folderAside }
  }
}
