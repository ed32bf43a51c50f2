/** What central does when its inventory cannot be written: says so, acknowledges nothing, and goes on when it can. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type EngineState,
  InventoryUnavailable,
} from '../../../server/central/store/inventory/inventory-engine.ts'
import { openSqliteEngine } from '../../../server/central/store/inventory/sqlite-engine.ts'
import { CLOSE_CODES } from '../../../server/protocol/close-codes.ts'
import { isRoot } from '../../support/is-root.ts'
import { openFleet, until } from './fleet.ts'
import { inventoryOf, streams } from './test-agent.ts'

/** A real file system of that size. */
function smallDisk(mebibytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder])
  onTestFinished(() => {
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** Leaves so much free on the disk. */
function fill(folder: string, leftBytes: number): string {
  const { bavail, bsize } = statfsSync(folder)
  const file = join(folder, 'something else')
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)))
  return file
}

describe.skipIf(!isRoot)('a full disk', () => {
  it('is said, no delta is acknowledged, and all goes on when there is space again', async () => {
    const dataDir = join(smallDisk(24), 'data')
    mkdirSync(dataDir)
    const fleet = await openFleet({ dataDir, timing: { inventoryRetryMs: 100 } })
    const agent = await fleet.agent()
    await agent.report(streams(100))
    const filler = fill(dataDir, 64 * 1024)
    let sent = 100
    while (agent.closeCode === null && sent < 100_000) {
      const more = streams(500).map((each, n) => ({ ...each, identity: `posix:1:${sent + n}` }))
      sent += 500
      agent.delta(more as never)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(await agent.closed()).toBe(CLOSE_CODES.inventoryUnavailable.code)
    const acknowledged = agent.frames.filter((frame) => frame.type === 'inventory.ack').length
    const ready = await fleet.call('GET', '/readyz')
    expect(ready).toMatchObject({
      status: 503,
      body: { message: expect.stringContaining('disk full') },
    })
    const written = await fleet.call('POST', '/api/v1/enrolments', {})
    expect([200, 503]).toContain(written.status)
    expect((await fleet.get('/status')).body).toMatchObject({ inventory: 'disk-full' })
    // What is there can still be looked at.
    expect((await fleet.search('')).total).toBe(100 + acknowledged * 500)

    rmSync(filler)
    await until(async () => (await fleet.call('GET', '/readyz')).status === 200 || undefined)
    expect((await fleet.get('/status')).body).toEqual({
      inventory: 'ready',
      message: null,
      since: null,
    })
    await agent.connect(fleet.central.url)
    agent.delta(streams(101))
    await agent.next('inventory.ack')
    expect((await fleet.search('')).total).toBe(101 + acknowledged * 500)
  })
})

describe('a writer that dies', () => {
  it('fails what waited for it, is started again, and has all that was acknowledged', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sidestream-writer-'))
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
    const file = join(dataDir, 'inventory.sqlite')
    let writer: Worker
    const onWriter = (worker: Worker): void => {
      writer = worker
    }
    const engine = await openSqliteEngine({ file, readerThreads: 1, retryMs: 200, onWriter })
    onTestFinished(() => engine.close())
    const machineId = '01234567-89ab-cdef-0123-456789abcdef' as never
    await engine.putMachines([{ machineNo: 1, machineId, hostname: 'PC', labels: [] }])
    const states: EngineState['kind'][] = []
    engine.onState((state) => states.push(state.kind))
    const apply = (sequence: number) =>
      engine.apply(
        machineId,
        { sequence, resync: null, gone: [], upserts: [streams(40)[sequence - 1]!] },
        sequence,
      )
    await engine.beginConnection(machineId, 'epoch')
    const applied = Array.from({ length: 20 }, (_, n) => apply(n + 1))
    await applied[2]
    await writer!.terminate()
    const outcomes = await Promise.allSettled(applied)
    const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length
    for (const outcome of outcomes.slice(acknowledged)) {
      expect(outcome).toMatchObject({ reason: expect.any(InventoryUnavailable) })
    }
    await expect(apply(21)).rejects.toThrow(InventoryUnavailable)
    expect(engine.state().kind).toBe('restarting')
    await until(() => engine.state().kind === 'ready' || undefined)
    expect(states).toEqual(['restarting', 'ready'])

    const resume = await engine.beginConnection(machineId, 'epoch')
    // Committed and not yet told is as good; told and not committed never happens.
    expect(resume.sequence).toBeGreaterThanOrEqual(acknowledged)
    expect(resume).toMatchObject(inventoryOf(streams(40).slice(0, resume.sequence)))
    await apply(resume.sequence + 1)
  })
})
