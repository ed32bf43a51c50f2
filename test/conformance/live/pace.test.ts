/** Limits of a scan's speed hold, for all its threads together; and a pause is one. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NativeScanOptions } from '../../../native/addon.ts'
import { addon } from '../../support/native.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'
import { largeXattrFolder, sambaStream, setXattrs } from '../../support/xattrs.ts'

const OPTIONS: NativeScanOptions = {
  hash: false,
  contentBytes: 0,
  includeInternal: false,
  exclude: [],
  batchStreams: 1_000,
}
const FILES = 20_000
const STREAM_BYTES = 60_000

let folder: string
let large: string
beforeAll(() => {
  folder = makeTempFolder()
  for (let n = 0; n < FILES; n++) {
    if (n % 1_000 === 0) mkdirSync(join(folder, `${n / 1_000}`))
    writeFileSync(join(folder, `${Math.floor(n / 1_000)}`, `${n}`), '')
  }
  large = makeTempFolder(largeXattrFolder() ?? undefined)
  const paths = Array.from({ length: 40 }, (_, n) => join(large, `${n}`))
  for (const path of paths) writeFileSync(path, '')
  const content = Buffer.alloc(STREAM_BYTES, 1)
  setXattrs(paths.map((path) => sambaStream(path, 'large', content)))
}, 120_000)
afterAll(() => {
  removeTempFolder(folder)
  removeTempFolder(large)
})

async function secondsOf(path: string, options: Partial<NativeScanOptions>): Promise<number> {
  const startedMs = performance.now()
  const scan = addon.startScan(path, { ...OPTIONS, ...options })
  while ((await scan.next()) !== null) {}
  return (performance.now() - startedMs) / 1_000
}

describe('a scan with a limit', () => {
  it.each([1, 4])(
    'of 2,000 files a second takes 9 seconds and more for 20,000, on %i threads',
    async (threads) => {
      const seconds = await secondsOf(folder, { filesPerSecond: 2_000, threads, background: true })
      expect(seconds).toBeGreaterThan(9)
      expect(seconds).toBeLessThan(15)
    },
    60_000,
  )

  it.runIf(largeXattrFolder() !== null)(
    'of a megabyte a second takes two seconds and more for 2.4 MB',
    async () => {
      expect(await secondsOf(large, { hash: true, bytesPerSecond: 1_000_000 })).toBeGreaterThan(2)
    },
  )

  it('stands still while it is paused, and ends when it is cancelled then', async () => {
    const scan = addon.startScan(folder, OPTIONS)
    scan.pause()
    const end = scan.next()
    await sleep(100)
    const { carriersSeen } = scan.progress()
    await sleep(300)
    expect(scan.progress().carriersSeen).toBe(carriersSeen)
    scan.resume()
    expect(await end).toBeNull()
    const other = addon.startScan(folder, OPTIONS)
    other.pause()
    const cancelled = other.next()
    other.cancel()
    await expect(cancelled).rejects.toMatchObject({ code: 'ADS_CANCELLED' })
  })

  it.each([0, -1, Number.NaN, '1'])('refuses %s', (filesPerSecond) => {
    const options = { ...OPTIONS, filesPerSecond } as NativeScanOptions
    expect(() => addon.startScan(folder, options)).toThrow(TypeError)
  })
})
