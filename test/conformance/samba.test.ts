/** Streams that a real smbd wrote and reads: what it shows and what we show must be the same. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { snapshotOf, withoutXattr } from '../support/carrier-snapshot.ts'
import { addon, scanAll } from '../support/native.ts'
import { type SambaServer, startSamba, whySambaCannotRun } from '../support/samba-server.ts'
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.ts'

const ZONE = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://downloads.example.com/setup.exe\r\n'
const missing = whySambaCannotRun()

const SHARES: [string, string[]][] = [
  ['with its defaults', []],
  ['that stores no stream type', ['streams_xattr:store_stream_type = no']],
]

describe.skipIf(missing !== null).each(SHARES)(
  `a Samba share %s (${missing ?? 'runs'})`,
  (_, options) => {
    let samba: SambaServer
    let local = ''
    beforeAll(async () => {
      local = makeTempFolder()
      writeFileSync(join(local, 'zone'), ZONE)
      writeFileSync(join(local, 'program'), 'MZ')
      writeFileSync(join(local, 'empty'), '')
      samba = await startSamba(options)
    })
    afterAll(async () => {
      await samba?.stop()
      removeTempFolder(local)
    })
    /** Streams of a file as an SMB client sees them, the unnamed one left out. */
    const shown = (name: string) =>
      [...samba.run(`allinfo "${name}"`).matchAll(/^stream: \[:(.+):\$DATA\], (\d+) bytes$/gm)]
        .map(([, stream, size]) => `${stream} ${size}`)
        .sort()
    const put = (source: string, target: string) =>
      samba.run(`put ${join(local, source)} "${target}"`)

    it('has the streams that a client wrote, with their sizes and content', async () => {
      put('program', 'remote.txt')
      put('zone', 'remote.txt:Zone.Identifier')
      put('empty', 'remote.txt:nothing')
      put('zone', 'remote.txt:grüße 😀')
      samba.run('mkdir folder')
      put('zone', 'folder:on a folder')
      const { streams, unreadable } = await scanAll(samba.share, { hash: true, contentBytes: 1000 })
      expect(unreadable).toEqual([])
      const of = (path: string) =>
        streams
          .filter((stream) => stream.path === path)
          .map(({ name, size }) => `${name} ${size}`)
          .sort()
      expect(of(join(samba.share, 'remote.txt'))).toEqual(shown('remote.txt'))
      expect(of(join(samba.share, 'remote.txt'))).toHaveLength(3)
      expect(of(join(samba.share, 'folder'))).toEqual([`on a folder ${ZONE.length}`])
      const zone = streams.find(({ name }) => name === 'Zone.Identifier')
      expect(Buffer.from(zone!.content!).toString()).toBe(ZONE)
    })

    it('loses exactly the stream that we strip', async () => {
      put('program', 'strip.txt')
      put('zone', 'strip.txt:Zone.Identifier')
      put('zone', 'strip.txt:stays')
      const path = join(samba.share, 'strip.txt')
      const before = snapshotOf(path)
      const found = (await scanAll(samba.share, { hash: true })).streams.find(
        (stream) => stream.path === path && stream.name === 'Zone.Identifier',
      )!
      const carrier = await addon.openCarrier(samba.share, path, found.identity)
      expect(await carrier.remove(found.name, { size: found.size, sha256: found.sha256! })).toBe(
        'done',
      )
      carrier.close()
      expect(shown('strip.txt')).toEqual([`stays ${ZONE.length}`])
      const key = Object.keys(before.xattrs).find((name) => name.includes('Zone.Identifier'))!
      expect(snapshotOf(path)).toEqual(withoutXattr(before, key))
      expect(samba.run('get strip.txt -')).toContain('MZ')
    })
  },
)

describe.skipIf(missing !== null)('a restored stream', () => {
  let samba: SambaServer
  beforeAll(async () => {
    samba = await startSamba()
  })
  afterAll(() => samba?.stop())

  it('is one that clients list, read and overwrite', async () => {
    const path = join(samba.share, 'file.txt')
    writeFileSync(path, 'content')
    const carrier = await addon.openCarrier(samba.share, path, null)
    await carrier.create('Zone.Identifier', Buffer.from(ZONE))
    expect(samba.run('get "file.txt:Zone.Identifier" -')).toContain(ZONE)
    expect(samba.run('allinfo file.txt')).toContain(
      `stream: [:Zone.Identifier:$DATA], ${ZONE.length} bytes`,
    )
    const shorter = join(samba.share, '..', 'shorter')
    writeFileSync(shorter, 'short')
    samba.run(`put ${shorter} "file.txt:Zone.Identifier"`)
    expect((await scanAll(samba.share)).streams).toMatchObject([
      { name: 'Zone.Identifier', size: 5n },
    ])
  })
})
