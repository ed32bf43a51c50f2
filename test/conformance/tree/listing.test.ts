/** One tree, one expected list, every provider that can run here. */
import { describe, expect, it } from 'vitest'
import { listedByRecords, listedWithLines, sorted } from '../../support/listed-lines.ts'
import { addon, scanAll } from '../../support/native.ts'
import { listedIn, scanPlace } from './medium.ts'
import { NTFS_MEDIA } from './ntfs-media.ts'
import { SAMBA_MEDIA } from './samba-media.ts'
import { expectedList, TREE } from './tree.ts'

describe.each([...NTFS_MEDIA, ...SAMBA_MEDIA])('the tree on $name ($missing)', (medium) => {
  const { cannot, unreadable } = medium
  it.skipIf(medium.missing !== null)(
    'is listed stream for stream, with size, hash and content',
    async () => {
      const place = await medium.make()
      expect((await addon.probe(place.target, place.hints)).provider).toBe(medium.provider)
      const report = await scanPlace(place)
      expect(listedIn(place, report)).toEqual(
        expectedList((feature) => feature in cannot || feature in unreadable),
      )
      const hidden = TREE.flatMap(({ path, streams }) =>
        streams
          .filter(({ feature }) => feature !== undefined && feature in unreadable)
          .map(({ name }) => ({ path: place.shown(path), stream: name })),
      )
      expect(report.unreadable).toMatchObject(hidden)
      expect(report.unreadable).toHaveLength(hidden.length)
    },
  )

  // Without digests a scan reads each stream once, another way.
  it.skipIf(medium.missing !== null)(
    'is listed with size and content where no hash is asked for',
    async () => {
      const place = await medium.make()
      const { hints } = place
      const report = await scanAll(place.target, { contentBytes: 100, hints })
      const rows = expectedList((feature) => feature in cannot || feature in unreadable)
      expect(listedIn(place, report)).toEqual(
        rows.map((row) => ({ ...row, sha256: null, content: row.content.slice(0, 100) })),
      )
    },
  )

  it.skipIf(medium.missing !== null)(
    'has the same lines from the addon as from TypeScript',
    async () => {
      const { target, hints } = await medium.make()
      const { text, finished } = await listedWithLines(target, hints)
      expect(sorted(text)).toBe(sorted(await listedByRecords(target, hints)))
      expect(finished).toBeGreaterThan(0)
    },
  )

  it.skipIf(medium.missing !== null)('is the same carrier by carrier, read in parts', async () => {
    const place = await medium.make()
    for (const { path, streams, kind } of TREE) {
      const shown = streams.filter(
        ({ feature }) => feature === undefined || !(feature in cannot || feature in unreadable),
      )
      if (shown.length < streams.length && shown.length === 0) continue
      const carrier = await addon.openCarrier(place.target, place.shown(path), null, place.hints)
      expect(carrier.kind).toBe(kind)
      const isWhole = streams.every(
        ({ feature }) => feature === undefined || !(feature in unreadable),
      )
      if (isWhole) {
        const entries = (await carrier.list()).map(({ name, size }) => `${name} ${size}`)
        expect(entries.sort()).toEqual(
          shown.map(({ name, bytes }) => `${name} ${bytes.length}`).sort(),
        )
      }
      for (const { name, bytes } of shown) {
        const half = Math.floor(bytes.length / 2)
        const parts = [await carrier.read(name, 0, half), await carrier.read(name, half, 1 << 20)]
        expect(Buffer.concat(parts).equals(bytes)).toBe(true)
      }
      carrier.close()
    }
  })
})
