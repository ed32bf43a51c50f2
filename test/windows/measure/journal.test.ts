import { rmSync } from 'node:fs'
import { parse } from 'node:path'
import { expect, it } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import { scanTarget } from '../../../native/scan.ts'
import { describeWindows, found, markedFile, newFolder } from './measuring.ts'

const METADATA_ONLY = {
  hash: false,
  contentBytes: 0,
  includeInternal: false,
  exclude: [],
  batchStreams: 100,
}

describeWindows('the change journal of a live volume', () => {
  it('names a marked file, which is then found by its identity, and gone once it is removed', async () => {
    const addon = loadAddon()
    const folder = newFolder()
    const volume = parse(folder).root.slice(0, 2)
    const before = await addon.readChanges(volume, null)
    found('the journal', { volume, hasCheckpoint: before.checkpoint !== null })
    if (before.checkpoint === null) return
    const path = markedFile(folder, 'journal-names-me.txt')
    const { mustScan, files } = await addon.readChanges(volume, before.checkpoint)
    const named = files.find(({ name }) => name === 'journal-names-me.txt')
    found('what it says of a new marked file', { mustScan, named: named ?? null })
    expect(mustScan).toBeNull()
    const look = async () => {
      const rows: string[] = []
      const options = { ...METADATA_ONLY, carriers: [named?.identity ?? ''] }
      for await (const { streams, unreadable } of scanTarget(addon, volume, options)) {
        rows.push(...streams.map((stream) => `${stream.path}:${stream.name}`))
        rows.push(...unreadable.map((place) => `unreadable ${place.path}`))
      }
      return rows
    }
    const there = await look()
    rmSync(path)
    const gone = await look()
    found('a look by identity, before and after the file is removed', { there, gone })
    expect(there).toHaveLength(1)
    expect(gone).toEqual([])
  })
})
