import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openStores } from '../../../server/central/store/stores.ts'
import { inventoryOf, stream, streams } from '../../integration/central/test-agent.ts'
import { expectSound } from './sound-inventory.ts'
import { delta, tempDataDir } from './stored-fleet.ts'

const SCHEMA_1 = new URL(
  '../../../server/central/store/migrations/0001-initial.sql',
  import.meta.url,
)
const MACHINE = '01234567-89ab-cdef-0123-456789abcdef'
const ORDER = '11234567-89ab-cdef-0123-456789abcdef'
const TARGET = '21234567-89ab-cdef-0123-456789abcdef'

/** As central 0.1 left it: three streams, of which the second is gone, and an order that names the third. */
function writeOldData(file: string): void {
  const db = new Database(file)
  db.exec(readFileSync(SCHEMA_1, 'utf8'))
  db.pragma('user_version = 1')
  db.exec(`
    INSERT INTO enrolment VALUES (1, zeroblob(32), 'admin', 1, 2, 1, 0);
    INSERT INTO machine (machine_no, machine_id, public_key, enrolment_no, hostname, facts_json, enrolled_at, last_seen_at)
      VALUES (5, '${MACHINE}', x'00', 1, 'PC-1', '{"hostname":"PC-1"}', 1, 2);
    INSERT INTO volume VALUES (5, 'ntfs-0123456789abcdef', 1, 90000)
  `)
  const insert = db.prepare(`
    INSERT INTO stream VALUES (
      @id, 5, @volumeId, @identity, @stream, @pathUtf16, NULL, 'file', @sizeBytes, 0, 1, @modifiedAt, @sha256,
      @origin, @verdict, @rule, 'digest', @first, @last, @gone, 0, @path, 'x', 'exe', 'x', 3, NULL, NULL, NULL)
  `)
  const [one, two] = streams(2)
  const lossy = stream({ stream: 'a\ud800', path: 'C:\\\ud801.exe', links: ['C:\\\ud801.exe'] })
  for (const [index, report] of [one!, two!, lossy].entries()) {
    insert.run({
      ...report,
      id: index * 10 + 3,
      stream: Buffer.from(report.stream, 'utf16le'),
      path: report.path.toWellFormed(),
      pathUtf16: report.path.isWellFormed() ? null : Buffer.from(report.path, 'utf16le'),
      origin: JSON.stringify(report.origin),
      isResident: 1,
      first: 10_000 + index,
      last: 20_000,
      gone: index === 1 ? 30_000 : null,
    })
  }
  db.exec(`
    UPDATE sqlite_sequence SET seq = 70 WHERE name = 'stream';
    INSERT INTO strip_order VALUES (1, '${ORDER}', 'strip', 'admin', 1, NULL, 'why', NULL, 1, 1);
    INSERT INTO order_target VALUES (9, '${TARGET}', 1, 5, 23, NULL, 'v', 'i', x'4100', x'4100', 1,
      '${'a'.repeat(64)}', 'queued', '', NULL)
  `)
  db.close()
}

it('an old database gives its streams over with their numbers, dates and orders', async () => {
  const dataDir = tempDataDir()
  writeOldData(join(dataDir, 'central.sqlite'))
  const stores = await openStores(dataDir)
  const machineId = MACHINE as never
  const rows = (await stores.inventory.machineStreams(machineId, 'any', { limit: 9 })).streams
  expect(rows.map(({ streamId, goneAt }) => [streamId, goneAt])).toEqual([
    [3, null],
    [13, 30_000],
    [23, null],
  ])
  expect(rows[0]).toMatchObject({ ...streams(1)[0], lastSeenAt: 90_000, isVolumeWritable: true })
  expect(rows[1]).toMatchObject({ firstSeenAt: 10_000, lastSeenAt: 20_000 })
  expect(rows[2]).toMatchObject({ stream: 'a\ud800', path: 'C:\\\ud801.exe' })
  const lossy = stream({ stream: 'a\ud800', path: 'C:\\\ud801.exe', links: ['C:\\\ud801.exe'] })
  const { count, digest } = inventoryOf([streams(1)[0]!, lossy])
  expect(stores.inventory.held(machineId)).toMatchObject({ counts: { streams: count }, digest })
  const [order] = (await stores.orders.orderPage({ limit: 9 }, null)).orders
  expect(order).toMatchObject({ orderId: ORDER, state: 'running', counts: { queued: 1 } })
  const { targets } = await stores.orders.targetPage(ORDER as never, undefined, { limit: 9 })
  expect(targets).toMatchObject([{ targetId: TARGET, path: 'A', state: 'queued' }])

  // Also numbers of rows that are not there any more are never given again.
  await stores.inventory.apply(machineId, delta({ upserts: streams(3) }), 40_000)
  const [newest] = (
    await stores.inventory.page({ query: { kind: 'all' }, presence: 'live' }, { limit: 1 })
  ).streams
  expect(newest!.streamId).toBeGreaterThan(70)
  await stores.close()
  expectSound(join(dataDir, 'inventory.sqlite'))
  const again = await openStores(dataDir)
  expect(again.inventory.totals().streams).toBe(4)
  await again.close()
})
