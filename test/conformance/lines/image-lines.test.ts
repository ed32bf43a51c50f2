/** Lines of an image: made on several threads, handed over in one order, and never waited for in vain. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chunksOf } from '../../../native/scan.ts'
import { scanOptions } from '../../../server/cli/scan-options.ts'
import { officeImage, temporaryPlace } from '../../integration/cli/run-cli.ts'
import { runChild } from '../../support/child.ts'
import { listedByRecords, listedWithLines } from '../../support/listed-lines.ts'
import { addon, failureOf } from '../../support/native.ts'
import { sambaStream, setXattrs } from '../../support/xattrs.ts'

const REQUEST = scanOptions({ format: 'ndjson' })
const STREAMS = 101
const place = temporaryPlace()
let image = ''

beforeAll(() => {
  image = officeImage(place.folder)
})
afterAll(() => place.remove())

describe('the lines of an image', () => {
  it.each([1, 7, 1_000])('are those of TypeScript, in order, in batches of %i', async (batch) => {
    const expected = await listedByRecords(image)
    const { text, finished } = await listedWithLines(image, {}, batch)
    expect(text).toBe(expected)
    expect(expected.split('\n')).toHaveLength(STREAMS + 1)
    expect(finished).toBeGreaterThan(5)
  })

  it('are taken away by the next batch', async () => {
    const scan = addon.startScan(image, { ...REQUEST, batchStreams: 1 })
    let bytes = (await scan.next())!.lines!.bytes
    for (let next = await scan.next(); next !== null; next = await scan.next()) {
      expect(bytes).toHaveLength(0)
      bytes = next.lines!.bytes
    }
  })

  it('are announced: the names of all streams come before the first of them, each once', async () => {
    const scan = addon.startScan(image, REQUEST)
    const told: string[] = []
    const listed = new Set<string>()
    for await (const { lines, streams } of chunksOf(scan)) {
      told.push(...lines!.namesToCome)
      if (streams.length + lines!.count > 0) expect(lines!.namesToCome).toEqual([])
      for (const { name } of streams) listed.add(name)
      for (const line of Buffer.from(lines!.bytes).toString('utf8').split('\n').filter(Boolean)) {
        listed.add((JSON.parse(line) as { stream: string }).stream)
      }
    }
    expect(told).toHaveLength(new Set(told).size)
    expect(listed.size).toBeGreaterThan(10)
    for (const name of listed) expect(told).toContain(name)
  })

  it('wait for their reader, and for nobody once the scan is cancelled', async () => {
    const scan = addon.startScan(image, { ...REQUEST, batchStreams: 1 })
    await scan.next()
    await delay(100)
    expect(scan.progress().streamsFound).toBeLessThan(10)
    const cancelledAt = performance.now()
    scan.cancel()
    expect((await failureOf(scan.next())).code).toBe('ADS_CANCELLED')
    expect(performance.now() - cancelledAt).toBeLessThan(100)
  })

  it('keep no process from ending while threads wait to hand them over', () => {
    const { status, stderr } = runChild(
      `const scan = addon.startScan(args[0], args[1])
       const { lines } = await scan.next()
       await new Promise((resolve) => setTimeout(resolve, 50))
       process.exit(lines.bytes.length === undefined ? 1 : 7)`,
      [image, { ...REQUEST, batchStreams: 1 }],
    )
    expect({ status, stderr }).toEqual({ status: 7, stderr: '' })
  })
})

describe('a name that was judged', () => {
  it('makes lines of the streams still to come, by the first word on it', async () => {
    const files = Array.from({ length: 20 }, (_, i) => join(place.folder, 'share', `f${i}`))
    mkdirSync(join(place.folder, 'share'))
    for (const file of files) writeFileSync(file, '')
    setXattrs(files.map((file) => sambaStream(file, 'SmartScreen', 'Anaheim')))
    const scan = addon.startScan(join(place.folder, 'share'), { ...REQUEST, batchStreams: 1 })
    expect((await scan.next())!.count).toBe(1)
    scan.learnName('SmartScreen', { belowBytes: 8, verdict: 'harmless', rule: 'first-word' })
    scan.learnName('SmartScreen', { belowBytes: 8, verdict: 'keep', rule: 'second-word' })
    const told: string[] = []
    for (let batch = await scan.next(); batch !== null; batch = await scan.next()) {
      if (batch.lines!.count > 0) told.push(Buffer.from(batch.lines!.bytes).toString('utf8'))
    }
    expect(told.length).toBeGreaterThan(10)
    expect(JSON.parse(told[0]!)).toMatchObject({ verdict: 'harmless', rule: 'first-word' })
  })
})
