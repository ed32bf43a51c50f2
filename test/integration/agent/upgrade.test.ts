import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import type { OrderTarget } from '../../../server/protocol/order.ts'
import { anAgent, aPlace, type Place, post } from './support/agent-fixture.ts'
import { aCarrier, aRestore, aStrip, aTarget, MARK, stateOf } from './support/carrier.ts'
import { quarantined } from './support/quarantine.ts'
import { getStream, removeStream } from './support/streams.ts'

const MIGRATIONS = 'server/agent/state/migrations'

it('takes over a journal whose rows each say everything, with what is open and what was kept', async () => {
  const place = aPlace()
  const names = ['stripped', 'begun', 'removed'] as const
  const before = new Map<string, ReturnType<typeof stateOf>>()
  const targets: OrderTarget[] = []
  for (const name of names) {
    const path = aCarrier(place, name)
    before.set(path, stateOf(path))
    targets.push(await aTarget(place.data, path))
  }
  writeState5(place, targets, { answered: 1 })
  for (const at of [0, 2]) removeStream(targets[at]!.path, 'Zone.Identifier')

  const agent = await anAgent(place, { scope: [place.data] })
  for (const { path } of targets) expect(getStream(path, 'Zone.Identifier')).toBeNull()
  expect([...quarantined(place).keys()]).toEqual(targets.map(({ targetId }) => targetId))
  const reasons = []
  for (const target of targets) {
    const { body } = await post(agent, '/v1/strip', aStrip(target))
    expect(body.receipts[0]).toMatchObject({ targetId: target.targetId, outcome: 'done' })
    reasons.push(body.receipts[0].reason)
  }
  expect(reasons).toEqual([
    'by state 5',
    'Removed; a copy is in quarantine.',
    'An interrupted attempt had removed it.',
  ])
  for (const target of targets) {
    const { body } = await post(agent, '/v1/restore', aRestore(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
    expect(stateOf(target.path)).toEqual(before.get(target.path))
    expect(getStream(target.path, 'Zone.Identifier')?.toString()).toBe(MARK)
  }
})

it('keeps apart what targets of one commit have alike and what only some of them say', async () => {
  const place = aPlace()
  const paths = ['one', 'two', 'three'].map((name) => aCarrier(place, name))
  const targets = await Promise.all(paths.map((path) => aTarget(place.data, path)))
  const agent = await anAgent(place, { scope: [place.data] })
  const order = aStrip(targets[0]!)
  const { body } = await post(agent, '/v1/strip', { ...order, targets })
  expect(body.receipts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(
    targets.map(() => 'done'),
  )
  // Only the very same targets are answered from the journal.
  const other = { ...targets[1]!, sizeBytes: targets[1]!.sizeBytes + 1 }
  const again = await post(agent, '/v1/strip', {
    ...order,
    targets: [targets[0], other, targets[2]],
  })
  expect(again.body.receipts.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'done',
    'refused',
    'done',
  ])
  expect(again.body.receipts[0]).toEqual(body.receipts[0])
})

/** State as migrations up to the fifth left it: the first targets answered, the others begun, all of them kept. */
function writeState5(
  { stateDir }: Place,
  targets: readonly OrderTarget[],
  { answered }: { readonly answered: number },
): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const db = new Database(join(stateDir, 'state.db'))
  for (const name of readdirSync(MIGRATIONS).sort().slice(0, 5)) {
    db.exec(readFileSync(join(MIGRATIONS, name), 'utf8'))
  }
  db.pragma('user_version = 5')
  const at = '2026-11-01T10:00:00Z'
  db.prepare("INSERT INTO order_part VALUES (1, 'strip', ?, 'anna', 'because', ?)").run(
    crypto.randomUUID(),
    at,
  )
  db.prepare("INSERT INTO answer VALUES (1, 'done', 'by state 5', ?)").run(at)
  for (const [index, target] of targets.entries()) {
    const entryId = index + 1
    db.prepare("INSERT INTO order_target VALUES (?, unhex(?, '-'), 1, ?)").run(
      entryId,
      target.targetId,
      JSON.stringify(target),
    )
    const open = index >= answered
    db.prepare(
      open ? 'INSERT INTO open_target VALUES (?)' : 'INSERT INTO receipt VALUES (?, 1)',
    ).run(entryId)
    db.prepare("INSERT INTO quarantine VALUES (?, ?, ?, 'file', ?, ?, NULL, NULL)").run(
      entryId,
      MARK.length,
      Buffer.from(MARK),
      1_500_000_000_000_000_000n,
      at,
    )
  }
  db.close()
}
