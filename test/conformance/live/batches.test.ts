/** Rows are the same in whatever batches they come, although batches lend each other their memory. */
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ScanReport, scanAll } from '../../support/native.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'
import { sambaStream, setXattrs } from '../../support/xattrs.ts'

const CARRIERS = 60
const inOrder = ({ streams, unreadable }: ScanReport) => ({
  streams: streams.toSorted((a, b) => (`${a.path}:${a.name}` < `${b.path}:${b.name}` ? -1 : 1)),
  unreadable: unreadable.map(({ path, stream }) => `${path}:${stream}`).sort(),
})

function streamThatLacksItsExtents(path: string) {
  return { path, name: 'user.DosStream.torn:$DATA', value: 'one\x02' }
}

let folder = ''
beforeAll(() => {
  folder = makeTempFolder()
  const paths = Array.from({ length: CARRIERS }, (_, i) => join(folder, `f${i}`))
  for (const [i, path] of paths.entries()) {
    if (i % 5 === 0) mkdirSync(path)
    else writeFileSync(path, '')
    if (i % 5 === 1) linkSync(path, join(folder, `link-to-f${i}`))
  }
  setXattrs([
    ...paths.map((path, i) => sambaStream(path, `of-${path.length}-${i}`, 'x'.repeat(i))),
    ...paths.filter((_, i) => i % 7 === 0).map(streamThatLacksItsExtents),
  ])
})
afterAll(() => removeTempFolder(folder))

it.each([1, 3, 20])('of %i streams as in a single one', async (batchStreams) => {
  const options = { hash: true, contentBytes: 10 }
  const whole = inOrder(await scanAll(folder, { ...options, batchStreams: 1_000 }))
  expect(whole.streams.length).toBeGreaterThanOrEqual(CARRIERS)
  expect(whole.streams.filter(({ links }) => links.length === 2).length).toBeGreaterThan(5)
  expect(whole.unreadable.length).toBeGreaterThan(5)
  expect(inOrder(await scanAll(folder, { ...options, batchStreams }))).toEqual(whole)
})
