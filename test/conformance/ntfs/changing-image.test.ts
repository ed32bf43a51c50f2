/**
 * A volume that changes while it is read, as a live one does: a thread keeps tearing one record's write in
 * two, as a driver and a disk do for a moment. That is no damage, and no reason to call anything unreadable.
 */
import { closeSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MftRecord, recordsInUse } from '../../support/mft-records.ts'
import { addon, namesOf, scanAll } from '../../support/native.ts'
import {
  makeNtfsImage,
  python,
  temporaryFolder,
  withMounted,
} from '../../support/ntfs-3g-volume.ts'

const CHANGING = 'changing.exe'
const WRITE_FILES = `
import os, sys
root = os.fsencode(sys.argv[1])
for n in range(200):
    path = os.path.join(root, b"file%03d.exe" % n)
    open(path, "wb").close(); open(path + b":mark", "wb").write(b"mark %d" % n)
path = os.path.join(root, b"${CHANGING}")
open(path, "wb").write(b"c" * 400); open(path + b":mark", "wb").write(b"marked")
open(path + b":large", "wb").write(b"large" * 2000)
`
/** The second half of the record lags behind for 2 ms of every 10. */
const TEAR = `
const { workerData, parentPort } = require('node:worker_threads')
const { openSync, writeSync } = require('node:fs')
const { image, whole, torn, offset, stop } = workerData
const flag = new Int32Array(stop)
const file = openSync(image, 'r+')
parentPort.postMessage('writing')
while (Atomics.load(flag, 0) === 0) {
  writeSync(file, torn, 0, torn.length, offset)
  Atomics.wait(flag, 0, 0, 2)
  writeSync(file, whole, 0, whole.length, offset)
  Atomics.wait(flag, 0, 0, 8)
}
`

let folder: string
let image: string
let record: MftRecord
let writer: Worker
const stop = new SharedArrayBuffer(4)

beforeAll(async () => {
  folder = temporaryFolder()
  image = join(folder, 'volume.img')
  makeNtfsImage(image, 16)
  withMounted(image, 'streams_interface=windows', (mount) => python(WRITE_FILES, [mount]))
  const bytes = readFileSync(image)
  const { streams } = await scanAll(image)
  const { identity } = streams.find(({ path }) => path === CHANGING)!
  record = recordsInUse(bytes).get(Number(BigInt.asUintN(48, BigInt(identity.slice(5)))))!
  const whole = bytes.subarray(record.offset, record.offset + record.size)
  const torn = Buffer.from(whole)
  torn.writeUInt16LE(torn.readUInt16LE(1022) + 1, 1022)
  writer = new Worker(TEAR, {
    eval: true,
    workerData: { image, whole, torn, offset: record.offset, stop },
  })
  await new Promise((resolve) => writer.once('message', resolve))
})
afterAll(async () => {
  Atomics.store(new Int32Array(stop), 0, 1)
  Atomics.notify(new Int32Array(stop), 0)
  await new Promise((resolve) => writer.once('exit', resolve))
  rmSync(folder, { recursive: true })
})

describe('a volume of which a record is torn now and then', () => {
  it('is torn often enough for this test to mean something', () => {
    expect(record.used).toBeGreaterThan(512)
    const file = openSync(image, 'r')
    const bytes = Buffer.alloc(record.size)
    let torn = 0
    const end = performance.now() + 500
    let looks = 0
    for (; performance.now() < end; looks++) {
      readSync(file, bytes, 0, bytes.length, record.offset)
      if (bytes.readUInt16LE(1022) !== bytes.readUInt16LE(510)) torn += 1
    }
    closeSync(file)
    expect(torn / looks).toBeGreaterThan(0.05)
    expect(torn / looks).toBeLessThan(0.95)
  })

  it('is listed in full, with nothing unreadable, time and again', async () => {
    for (let round = 0; round < 40; round++) {
      const report = await scanAll(image, { hash: true })
      expect(report.unreadable).toEqual([])
      expect(report.streams).toHaveLength(202)
      expect(namesOf(report)).toContain(`${CHANGING}:large`)
    }
  })

  it('lets its carrier be opened and read', async () => {
    for (let round = 0; round < 40; round++) {
      const carrier = await addon.openCarrier(image, CHANGING, null)
      expect(await carrier.list()).toHaveLength(2)
      expect(Buffer.from(await carrier.read('mark', 0, 100)).toString()).toBe('marked')
      carrier.close()
    }
  })
})
