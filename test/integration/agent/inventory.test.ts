import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RootCoverage } from '../../../server/agent/inventory/coverage.ts'
import { Inventory } from '../../../server/agent/inventory/inventory.ts'
import { Outbox } from '../../../server/agent/inventory/outbox.ts'
import { SQL_OF_QUEUE } from '../../../server/agent/state/inventory-store.ts'
import { openState } from '../../../server/agent/state/open-state.ts'
import { aReport, reportOf } from './support/reports.ts'
import { aFolder, aState, inStep } from './support/state.ts'

describe('the inventory', () => {
  function complete(root: string, volumeId = 'fs-0000000000000001'): RootCoverage {
    const coverage = new RootCoverage(root, volumeId, false)
    coverage.complete()
    return coverage
  }

  it('keeps the streams of a volume that is not mounted any more, and names it', async () => {
    const state = aState()
    const inventory = new Inventory(state)
    inventory.beginScan()
    inventory.recordSeen('/mnt', [aReport({ path: '/mnt/file' })])
    await inventory.sweepUnseen([complete('/mnt')])
    inventory.beginScan()
    const missing = await inventory.sweepUnseen([complete('/mnt', 'fs-0000000000000002')])
    expect(missing).toEqual([{ root: '/mnt', volumeId: 'fs-0000000000000001' }])
    expect(state.inventory.countPresent()).toBe(1)
  })

  it('sees through a volume that only got another id', async () => {
    const state = aState()
    const inventory = new Inventory(state)
    inventory.beginScan()
    inventory.recordSeen('/mnt', [aReport({ path: '/mnt/file' })])
    inventory.beginScan()
    const renamed = aReport({ path: '/mnt/file', volumeId: 'fs-0000000000000002' as never })
    inventory.recordSeen('/mnt', [renamed])
    expect(await inventory.sweepUnseen([complete('/mnt', 'fs-0000000000000002')])).toEqual([])
    expect(state.inventory.countPresent()).toBe(1)
    expect(inventory.find(renamed)).toEqual(renamed)
  })

  it('does not take back what was stripped while the scan that saw it was running', async () => {
    const state = aState()
    const inventory = new Inventory(state)
    inventory.beginScan()
    inventory.recordGone(aReport())
    inventory.recordSeen('/data', [aReport()])
    await inventory.sweepUnseen([complete('/data')])
    expect(state.inventory.countPresent()).toBe(0)
  })

  it('does not lose what was restored while the scan that did not see it was running', async () => {
    const state = aState()
    const inventory = new Inventory(state)
    inventory.beginScan()
    inventory.recordPresent('/data', aReport())
    await inventory.sweepUnseen([complete('/data')])
    expect(state.inventory.countPresent()).toBe(1)
  })

  it('stays at one path where two scope roots show the same stream', async () => {
    const state = aState()
    const inventory = new Inventory(state)
    for (let scan = 0; scan < 2; scan++) {
      inventory.beginScan()
      inventory.recordSeen('/a', [aReport({ path: '/a/file' })])
      inventory.recordSeen('/b', [aReport({ path: '/b/file' })])
      await inventory.sweepUnseen([complete('/a'), complete('/b')])
    }
    expect(inventory.find(aReport())?.path).toBe('/a/file')
    const outbox = new Outbox(state)
    outbox.begin(inStep(state))
    expect(outbox.next()?.upserts).toHaveLength(1)
  })

  it('finds pending rows and counts present ones by an index, not by reading every report', () => {
    const folder = aFolder()
    const state = openState(folder)
    new Inventory(state).recordSeen('/data', [reportOf(1, 1)])
    expect([state.inventory.hasPending(0), state.inventory.hasPending(1)]).toEqual([true, false])
    state.close()
    const db = new Database(join(folder, 'state.db'))
    onTestFinished(() => void db.close())
    const planOf = (sql: string) =>
      (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
        .map(({ detail }) => detail)
        .join()
    const { pending, countPending, countPresent } = SQL_OF_QUEUE
    expect(planOf(pending.replaceAll('?', '1'))).toContain('USING INDEX stream_pending')
    expect(planOf(countPending)).toContain('stream_pending')
    expect(planOf(countPresent)).toContain('stream_present')
  })
})
