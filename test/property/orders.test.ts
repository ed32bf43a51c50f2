/**
 * Random orders on random trees, while another process writes, renames, deletes and swaps links, with deaths in
 * between. Then: nothing but named, unchanged streams went; carriers' content, times, mode and attributes are what
 * they were; receipts say what the disk says; a repeat does nothing; and undoing brings back the exact tree, as far
 * as nobody else wrote to it.
 *
 * SIDESTREAM_PROPERTY_RUNS and _SEED choose how many and which; the seed is printed. What one seed means is always
 * the same, but for the moments of what goes on at the same time.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type LocalEngine, newTargetId, restoreTargetOf } from '../../server/agent/local.ts'
import { sha256 } from '../../server/agent/strip/decide.ts'
import { quarantined } from '../integration/agent/support/quarantine.ts'
import { largeXattrFolder } from '../support/xattrs.ts'
import { type Deed, Disk, type Entry, type Snapshot } from './support/disk.ts'
import { carriedOut, type Death, type Order, receiptsOf } from './support/mortal-engine.ts'
import { OthersDoing, overlaps } from './support/others-doing.ts'
import {
  type Case,
  caseOf,
  type Evidence,
  expectCarriersKept,
  expectTrue,
  isUndisturbed,
  stripOf,
} from './support/proof.ts'
import { operationsOf, ordersFor, type Plan, plans } from './support/random-orders.ts'
import { laidOut, type RawTree, randomTrees } from './support/random-tree.ts'

const RUNS = Number(process.env.SIDESTREAM_PROPERTY_RUNS ?? 500)
const SEED = Number(process.env.SIDESTREAM_PROPERTY_SEED ?? Date.now() % 2 ** 31)
const TIME_LIMIT_MS = 220_000
const LARGE = largeXattrFolder()

const deaths = fc.array(fc.record<Death>({ call: fc.nat(8), operations: fc.nat(8) }), {
  maxLength: 2,
})

/** Two, since one meddles while the other is asked. */
interface Hands {
  readonly disk: Disk
  readonly meanwhile: Disk
}

/** How often what was reached, to see that all of it is. */
const seen = new Map<string, number>()
const count = (what: string, times = 1) => seen.set(what, (seen.get(what) ?? 0) + times)

async function holds(hands: Hands, base: string, tree: RawTree, plan: Plan, dying: Death[]) {
  const root = join(base, 'tree')
  const { disk } = hands
  const entries = laidOut(root, tree)
  await disk.build(entries)
  const orders = await ordersFor(root, entries, plan, join(base, 'state-0'))
  const before = await disk.snapshot(root)
  const { engine, receipts, calls, deeds, stateDir } = await meddledWith(
    { hands, base, root, entries, plan },
    orders,
    dying,
  )
  const again = await receiptsOf(engine, orders)
  expect(again).toEqual(receipts)
  const evidence: Evidence = {
    before,
    after: await disk.snapshot(root),
    others: new OthersDoing(entries, before, deeds),
    calls,
    hasDied: stateDir !== join(base, 'state-0'),
    kept: quarantined({ stateDir }),
  }
  const named = contents(entries)
  const byId = new Map(receipts.map((receipt) => [receipt.targetId, receipt]))
  const cases = orders.map((order) => {
    const { targetId, path, stream } = order[1]
    return caseOf(evidence, order, byId.get(targetId)!, named.get(`${path}\0${stream}`) ?? null)
  })
  expect(byId.size).toBe(orders.length)
  for (const one of cases) expectTrue(evidence, one)
  expectCarriersKept(evidence, cases)
  tally(evidence, cases)
  await undo(engine, cases)
  expectAsBefore(evidence, await disk.snapshot(root), cases)
  await engine.close()
}

interface Scene {
  readonly hands: Hands
  readonly base: string
  readonly root: string
  readonly entries: readonly Entry[]
  readonly plan: Plan
}

/** Carries out the orders while the others do what the plan says, at its time. */
async function meddledWith(
  { hands, base, root, entries, plan }: Scene,
  orders: readonly Order[],
  dying: readonly Death[],
) {
  const before = operationsOf(entries, plan, 'before').map(({ operation }) => operation)
  const deeds: Deed[] = await hands.disk.meddle(before)
  let between = operationsOf(entries, plan, 'between')
  const all = operationsOf(entries, plan, 'meanwhile').map(({ operation }) => operation)
  let meanwhile: Promise<Deed[]> | null = null
  const begin = () => {
    meanwhile ??= hands.meanwhile.meddle(all)
  }
  if (plan.begins === 'with the engine') begin()
  const result = await carriedOut(base, root, orders, dying, {
    onCall: (operations) => {
      if (operations.some(({ act }) => act !== 'look')) begin()
    },
    onLooked: async (operations) => {
      const paths = new Set(operations.map(({ path }) => path))
      const isDue = ({ carrier: { path, links } }: (typeof between)[number]) =>
        [path, ...links].some((one) => paths.has(one))
      const due = between.filter(isDue)
      between = between.filter((one) => !isDue(one))
      deeds.push(...(await hands.disk.meddle(due.map(({ operation }) => operation))))
    },
  })
  begin()
  deeds.push(...(await meanwhile!))
  return { ...result, deeds }
}

/** Path and stream → what was in it at first. */
function contents(entries: readonly Entry[]): Map<string, string> {
  return new Map(
    entries.flatMap(({ path, links, streams }) =>
      [path, ...links].flatMap((one) =>
        Object.entries(streams).map(([name, bytes]) => [`${one}\0${name}`, bytes] as const),
      ),
    ),
  )
}

/** Takes back whatever was done to streams that nobody else had a hand in, the last first. */
async function undo(engine: LocalEngine, cases: readonly Case[]): Promise<void> {
  const kept = new Map(
    engine.quarantine({ limit: 500 }).entries.map((entry) => [entry.targetId, entry]),
  )
  for (const one of cases.toReversed()) {
    const { order, receipt } = one
    const [action, { targetId }] = order
    if (receipt.outcome !== 'done' || !isUndisturbed(one)) continue
    const entry = kept.get(targetId)
    const isBytesTaken = action === 'strip' || action === 'reduce'
    // A mark that said nothing but its zone was left as it is.
    if (isBytesTaken && !entry) continue
    const [undone] = isBytesTaken
      ? await engine.run('restore', [restoreTargetOf(entry!)], 'undo')
      : await engine.run('strip', [stripOf(one, newTargetId(), sha256)], 'undo')
    expect(undone?.outcome, JSON.stringify([order, undone])).toBe('done')
  }
}

/** All carriers that nobody else touched, and where nobody touched any, the exact tree. */
function expectAsBefore({ before, others }: Evidence, undone: Snapshot, cases: readonly Case[]) {
  if (others.deeds.length === 0) expect(undone).toEqual(before)
  const isDisturbed = new Set(cases.filter((one) => !isUndisturbed(one)).map(inoOf))
  for (const [ino, old] of Object.entries(before)) {
    const isTouched =
      isDisturbed.has(ino) ||
      others.wasIn(ino) ||
      others.deeds.some((deed) => deed.ino === ino) ||
      old.paths.some((path) => others.onPath(path).length > 0)
    if (!isTouched) expect(undone[ino]).toEqual(old)
    count(isTouched ? 'carriers others wrote to' : 'carriers exactly as before')
  }
}

const inoOf = ({ carrier }: Case) => carrier.ino

function tally({ others, calls, hasDied }: Evidence, cases: readonly Case[]): void {
  for (const { order, receipt } of cases) count(`${order[0]} ${receipt.outcome}`)
  const acts = calls.filter(({ operation }) => operation.act !== 'look')
  for (const deed of others.deeds) count(overlaps(deed, acts) ? 'deeds within a call' : 'deeds')
  if (hasDied) count('runs with deaths')
}

it(`holds in ${RUNS} runs (seed ${SEED})`, { timeout: TIME_LIMIT_MS + 20_000 }, async () => {
  const hands = { disk: new Disk(), meanwhile: new Disk() }
  await fc.assert(
    fc.asyncProperty(randomTrees(LARGE !== null), plans, deaths, async (tree, plan, dying) => {
      const base = mkdtempSync(join(LARGE ?? tmpdir(), 'sidestream-test-'))
      try {
        await holds(hands, base, tree, plan, dying)
      } finally {
        await hands.disk.remove(base)
      }
    }),
    {
      numRuns: RUNS,
      seed: SEED,
      endOnFailure: true,
      // A run that hangs is named like any other failure, and too slow is one.
      timeout: 30_000,
      interruptAfterTimeLimit: TIME_LIMIT_MS,
      markInterruptAsFailure: true,
    },
  )
  console.log(`seed ${SEED}`, Object.fromEntries([...seen].sort()))
})
