/** A scan's threads: cancelling, back-pressure, and ends of the JavaScript side at any moment. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runChild } from '../../support/child.ts'
import { addon, failureOf, METADATA_ONLY } from '../../support/native.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'
import { sambaStream, setXattrs } from '../../support/xattrs.ts'

const CARRIERS = 600
const BATCH = 10
/** Batches that wait in the queue, and the one being filled. */
const BATCHES_AHEAD = 3 + 1

let folder = ''

beforeAll(() => {
  folder = makeTempFolder()
  const paths = Array.from({ length: CARRIERS }, (_, i) => join(folder, `d${i % 20}`, `f${i}`))
  for (let i = 0; i < 20; i++) mkdirSync(join(folder, `d${i}`))
  for (const path of paths) writeFileSync(path, '')
  setXattrs(paths.map((path) => sambaStream(path, 's', 'x'.repeat(1000))))
})
afterAll(() => removeTempFolder(folder))

const options = { ...METADATA_ONLY, hash: true, contentBytes: 100, batchStreams: BATCH }

describe('cancelling', () => {
  it('takes effect within 100 ms in the middle of a big tree', async () => {
    const scan = addon.startScan('/', { ...METADATA_ONLY, batchStreams: 65536 })
    const end = failureOf(drain(scan))
    await delay(100)
    expect(scan.progress().carriersSeen).toBeGreaterThan(0)
    const cancelledAt = performance.now()
    scan.cancel()
    scan.cancel()
    expect((await end).code).toBe('ADS_CANCELLED')
    expect(performance.now() - cancelledAt).toBeLessThan(100)
    expect((await failureOf(scan.next())).code).toBe('ADS_CANCELLED')
    const seen = scan.progress().carriersSeen
    await delay(100)
    expect(scan.progress().carriersSeen - seen).toBeLessThan(1000)
    const settled = scan.progress().carriersSeen
    await delay(50)
    expect(scan.progress().carriersSeen).toBe(settled)
  })

  it('wakes a scan that waits for its caller', async () => {
    const scan = addon.startScan(folder, options)
    await delay(200)
    scan.cancel()
    expect((await failureOf(scan.next())).code).toBe('ADS_CANCELLED')
  })

  it('after the end changes nothing', async () => {
    const scan = addon.startScan(folder, options)
    expect(await drain(scan)).toBe(CARRIERS)
    scan.cancel()
    expect(await scan.next()).toBeNull()
    expect(await scan.next()).toBeNull()
  })
})

describe('a slow caller', () => {
  it('holds the scan back at a few batches, and misses nothing', async () => {
    const scan = addon.startScan(folder, options)
    await delay(500)
    const ahead = scan.progress().streamsFound
    expect(ahead).toBeGreaterThan(0)
    expect(ahead).toBeLessThanOrEqual(BATCHES_AHEAD * BATCH)
    expect(await drain(scan)).toBe(CARRIERS)
    expect(scan.progress()).toEqual({
      carriersSeen: CARRIERS + 21,
      streamsFound: CARRIERS,
      unreadableCount: 0,
      fractionDone: null,
    })
  })

  it('may ask for several batches at once and gets each once', async () => {
    const scan = addon.startScan(folder, options)
    const batches = await Promise.all(Array.from({ length: 100 }, () => scan.next()))
    expect(batches.filter((batch) => batch !== null)).toHaveLength(CARRIERS / BATCH)
    expect(batches.slice(CARRIERS / BATCH).every((batch) => batch === null)).toBe(true)
  })

  it('sees what was found long before the walk ends', async () => {
    const scan = addon.startScan('/', { ...METADATA_ONLY, exclude: [], batchStreams: 65536 })
    const first = addon.startScan(folder, { ...options, batchStreams: 65536 })
    expect((await first.next())!.count).toBeGreaterThan(0)
    scan.cancel()
  })
})

describe('garbage collection', () => {
  it('of a running scan stops its thread', () => {
    const { status, stderr, stdout } = runChild(
      `
      const { readdirSync } = await import('node:fs')
      const threads = () => readdirSync('/proc/self/task').length
      const before = threads()
      for (let i = 0; i < 4; i++) addon.startScan('/', support.METADATA_ONLY)
      const during = threads()
      for (let i = 0; i < 50 && threads() > before; i++) {
        await new Promise((done) => setTimeout(done, 20))
        globalThis.gc()
      }
      return { started: during - before, left: threads() - before }`,
      [],
      ['--expose-gc'],
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ started: 4, left: 0 })
  })

  it('spares a scan whose next() is not answered yet', () => {
    const { status, stdout } = runChild(
      `
      const end = (async () => {
        let count = 0
        const next = () => addon.startScan(args[0], args[1]).next()
        for (let i = 0; i < 20; i++) count += (await next()).count
        return count
      })()
      const timer = setInterval(() => globalThis.gc(), 1)
      const count = await end
      clearInterval(timer)
      return count`,
      [folder, options],
      ['--expose-gc'],
    )
    expect({ status, count: JSON.parse(stdout || '0') }).toEqual({ status: 0, count: 20 * BATCH })
  })
})

describe('the end of the environment', () => {
  it('in a worker that is terminated at any moment harms nothing', () => {
    const { status, signal, stderr } = runChild(
      `
      const { Worker } = await import('node:worker_threads')
      const { setTimeout: delay } = await import('node:timers/promises')
      const body = (support, folder, options) => \`
        import(\${JSON.stringify(support)}).then(async ({ addon }) => {
          const folder = \${JSON.stringify(folder)}
          const options = \${JSON.stringify(options)}
          addon.startScan('/', options).next()
          const slow = addon.startScan(folder, options)
          slow.next()
          const path = folder + '/d0/f0'
          while (true) {
            const carrier = await addon.openCarrier(folder, path, null)
            carrier.list(); carrier.hash('s'); carrier.read('s', 0, 10)
            addon.probe(folder)
            if (Math.random() < 0.5) carrier.close()
          }
        })\`
      for (let i = 0; i < 25; i++) {
        const worker = new Worker(body(args[0], args[1], args[2]), { eval: true })
        await delay(i * 12)
        await worker.terminate()
      }`,
      [new URL('../../support/native.ts', import.meta.url).href, folder, options],
    )
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  })

  it.each([
    ['process.exit()', 'process.exit(0)'],
    [
      'a thrown error',
      'setTimeout(() => { throw new Error("on purpose") }); await new Promise(() => {})',
    ],
  ])('by %s during scans does not hang or crash', (_, ending) => {
    const { status, signal } = runChild(
      `
      for (let i = 0; i < 3; i++) addon.startScan('/', support.METADATA_ONLY).next().catch(() => {})
      addon.openCarrier(args[0], args[0], null)
      await new Promise((done) => setTimeout(done, 50))
      ${ending}`,
      [folder],
    )
    expect(signal).toBeNull()
    expect([0, 1]).toContain(status)
  })

  it('is not held up by a scan that nobody waits for', () => {
    const started = performance.now()
    const { status } = runChild(`globalThis.kept = addon.startScan('/', support.METADATA_ONLY)`)
    expect(status).toBe(0)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

async function drain(scan: ReturnType<typeof addon.startScan>): Promise<number> {
  let count = 0
  for (let batch = await scan.next(); batch !== null; batch = await scan.next()) {
    count += batch.count
  }
  return count
}

it('leaves no descriptor open', async () => {
  const open = () => readdirSync('/proc/self/fd').length
  await drain(addon.startScan(folder, options))
  const before = open()
  for (let i = 0; i < 5; i++) await drain(addon.startScan(folder, options))
  await delay(50)
  expect(open()).toBe(before)
})
