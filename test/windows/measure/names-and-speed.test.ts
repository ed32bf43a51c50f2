/** Names that Windows treats in its own ways, and how fast its disks are asked. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import { scanTarget } from '../../../native/scan.ts'
import { describeWindows, found, markedFile, newFolder, outcomeOf } from './measuring.ts'

const METADATA_ONLY = {
  hash: false,
  contentBytes: 0,
  includeInternal: false,
  exclude: [],
  batchStreams: 1_000,
}

describeWindows('names on a real Windows', () => {
  it.each(['trailing ', 'trailing.', ' leading'])('keep %j, or do not', async (name) => {
    const folder = newFolder()
    const path = join(folder, 'carrier.txt')
    writeFileSync(path, '')
    found(
      `writing stream ${JSON.stringify(name)}`,
      await outcomeOf(() => writeFileSync(`${path}:${name}`, 'x')),
    )
    const verbatim = () => writeFileSync(`\\\\?\\${path}:${name}`, 'y')
    found(`writing it by \\\\?\\`, await outcomeOf(verbatim))
    const carrier = await loadAddon().openCarrier(folder, path, null)
    found(
      'listed',
      (await carrier.list()).map((entry) => entry.name),
    )
    carrier.close()
  })

  it('are told apart by letter case, or not, in a case-sensitive folder', async () => {
    const folder = newFolder()
    const inner = join(folder, 'sensitive')
    mkdirSync(inner)
    const enable = () =>
      execFileSync('fsutil.exe', ['file', 'setCaseSensitiveInfo', inner, 'enable'], {
        encoding: 'utf8',
      })
    found('case-sensitive folder', typeof (await outcomeOf(enable)))
    const path = markedFile(inner)
    found(
      'stream by another letter case',
      await outcomeOf(() => readFileSync(`${path}:zone.identifier`, 'utf8')),
    )
  })
})

describeWindows('speed on a real Windows', () => {
  it('of a scan of the system volume', async () => {
    const startedAt = performance.now()
    let streams = 0
    let unreadable = 0
    for await (const chunk of scanTarget(loadAddon(), 'C:', METADATA_ONLY)) {
      streams += chunk.streams.length
      unreadable += chunk.unreadable.length
    }
    const seconds = (performance.now() - startedAt) / 1_000
    found('scan of C:', { seconds, streams, unreadable })
    expect(seconds).toBeGreaterThan(0)
  }, 1_800_000)
})
