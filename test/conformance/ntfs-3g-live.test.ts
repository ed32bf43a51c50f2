/**
 * Real NTFS, mounted through ntfs-3g with each of its stream interfaces. Streams are written through one
 * interface by plain system calls and read by us through another.
 */
import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { metadataOf, withoutXattr } from '../support/carrier-snapshot.ts'
import { addon, failureOf, namesOf, scanAll } from '../support/native.ts'
import {
  mountedVolume,
  type StreamsInterface,
  whyNtfs3gCannotRun,
} from '../support/ntfs-3g-mount.ts'
import { readXattr, readXattrs, setXattr } from '../support/xattrs.ts'

const missing = whyNtfs3gCannotRun()
const ZONE = '[ZoneTransfer]\r\nZoneId=3\r\n'
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')
const INTERFACES: StreamsInterface[] = ['xattr', 'openxattr', 'windows']

/** Through the windows interface, which needs no xattr call at all. */
function populate(folder: string): void {
  writeFileSync(join(folder, 'setup.exe'), 'MZ program')
  writeFileSync(join(folder, 'setup.exe:Zone.Identifier'), ZONE)
  writeFileSync(join(folder, 'setup.exe:user.x'), 'a name that looks like an xattr')
  writeFileSync(join(folder, 'setup.exe:grüße 😀'), '')
  mkdirSync(join(folder, 'sub'))
  writeFileSync(join(folder, 'sub', ':on the folder'), 'd')
  writeFileSync(join(folder, 'sub', 'linked'), '')
  writeFileSync(join(folder, 'sub', 'linked:s'), 'l')
  linkSync(join(folder, 'sub', 'linked'), join(folder, 'second'))
  writeFileSync(join(folder, 'plain'), 'no stream')
}

describe.skipIf(missing !== null)(`an ntfs-3g mount (${missing ?? 'runs'})`, () => {
  it.each(INTERFACES)(
    'with streams_interface=%s shows every stream, as the raw volume does',
    async (how) => {
      const volume = mountedVolume('windows')
      populate(volume.folder)
      volume.remount(how)
      expect(await addon.probe(volume.folder)).toMatchObject({
        provider: 'ntfs-3g',
        kind: 'folder',
        isWritable: true,
      })
      const live = await scanAll(volume.folder, { hash: true, contentBytes: 100 })
      const volumeId = (await addon.probe(volume.folder)).volumeId
      volume.unmount()
      const raw = await scanAll(volume.image, { hash: true, contentBytes: 100 })

      const shape = (report: typeof live, path: (path: string) => string) =>
        report.streams
          .map(({ links, name, size, sha256, content, kind, modifiedNs }) => {
            const shown = links.map(path).sort()
            return { links: shown, name, size, sha256, content, kind, modifiedNs }
          })
          .sort((a, b) => (a.links[0]! + a.name < b.links[0]! + b.name ? -1 : 1))
      const relative = (path: string) => path.slice(volume.folder.length + 1).replaceAll('/', '\\')
      expect(live.unreadable).toEqual([])
      expect(live.streams).toHaveLength(5)
      expect(shape(live, relative)).toEqual(shape(raw, (path) => path))
      expect((await addon.probe(volume.image)).volumeId).toBe(volumeId)
    },
  )

  it.each(INTERFACES)(
    'with streams_interface=%s loses exactly the stream that is stripped',
    async (how) => {
      const volume = mountedVolume('windows')
      populate(volume.folder)
      for (const [path, name, text] of [
        ['setup.exe', 'Zone.Identifier', ZONE],
        ['sub', 'on the folder', 'd'],
      ] as const) {
        volume.remount('xattr')
        const carrierPath = join(volume.folder, path)
        const before = metadataOf(carrierPath)
        const attributes = readFixed(carrierPath)
        volume.remount(how)
        const { streams } = await scanAll(volume.folder, { hash: true })
        const found = streams.find((stream) => stream.path === carrierPath && stream.name === name)!
        const carrier = await addon.openCarrier(volume.folder, carrierPath, found.identity)
        const wrong = { size: found.size, sha256: sha256('other bytes') }
        expect(await carrier.remove(name, wrong)).toBe('changed')
        expect(await carrier.remove(name, { size: found.size, sha256: sha256(text) })).toBe('done')
        expect(await carrier.remove(name, { size: found.size, sha256: sha256(text) })).toBe('gone')
        carrier.close()
        volume.remount('xattr')
        expect(metadataOf(carrierPath)).toEqual(withoutXattr(before, `user.${name}`))
        expect(readFixed(carrierPath)).toEqual(attributes)
      }
      expect(readFileSync(join(volume.folder, 'setup.exe'), 'utf8')).toBe('MZ program')
    },
  )

  it.each(INTERFACES)('with streams_interface=%s takes a restored stream', async (how) => {
    const volume = mountedVolume(how)
    const path = join(volume.folder, 'file')
    writeFileSync(path, 'content')
    const before = metadataOf(path)
    const carrier = await addon.openCarrier(volume.folder, path, null)
    await carrier.create('Zone.Identifier', Buffer.from(ZONE))
    expect((await failureOf(carrier.create('Zone.Identifier', Buffer.from('x')))).code).toBe(
      'ADS_EXISTS',
    )
    expect(await carrier.list()).toMatchObject([
      { name: 'Zone.Identifier', size: BigInt(ZONE.length) },
    ])
    carrier.close()
    volume.remount('xattr')
    const expected = { 'user.Zone.Identifier': Buffer.from(ZONE).toString('hex') }
    expect(metadataOf(path)).toEqual({ ...before, xattrs: expected })
    expect(readFileSync(path, 'utf8')).toBe('content')
    volume.remount('windows')
    expect(readFileSync(`${path}:Zone.Identifier`, 'utf8')).toBe(ZONE)
  })

  it('reads a large stream through the windows interface', async () => {
    const volume = mountedVolume('windows')
    const path = join(volume.folder, 'file')
    const large = Buffer.alloc(3_000_001, 'sidestream ')
    writeFileSync(path, '')
    writeFileSync(`${path}:large`, large)
    const [stream] = (await scanAll(volume.folder, { hash: true })).streams
    expect(stream).toMatchObject({ size: 3_000_001n, sha256: sha256(large), isResident: false })
  })

  it('calls a stream over 64 KiB unreadable through xattrs, since its size would be made up', async () => {
    const volume = mountedVolume('windows')
    const path = join(volume.folder, 'file')
    writeFileSync(path, '')
    writeFileSync(`${path}:large`, Buffer.alloc(100_000))
    writeFileSync(`${path}:exact`, Buffer.alloc(65_536))
    volume.remount('xattr')
    const report = await scanAll(volume.folder)
    expect(report.streams).toMatchObject([{ name: 'exact', size: 65_536n }])
    expect(report.unreadable).toMatchObject([{ path, stream: 'large' }])
    expect(report.unreadable[0]!.message).toContain('over 64 KiB')
  })

  it('without a stream interface is refused, and never shown as clean', async () => {
    const volume = mountedVolume('windows')
    populate(volume.folder)
    volume.remount('none')
    const error = await failureOf(addon.probe(volume.folder))
    expect(error.code).toBe('ADS_UNSUPPORTED')
    expect(error.message).toContain('streams_interface=xattr')
    expect(error.message).toContain(volume.image)
    const above = await scanAll(join(volume.folder, '..'))
    expect(above.streams).toEqual([])
    expect(above.unreadable).toMatchObject([
      { path: join(volume.folder, '..', 'mount'), stream: null, code: 'ADS_UNSUPPORTED' },
    ])
  })

  it('below a folder of another file system is entered with its own scheme', async () => {
    const volume = mountedVolume('xattr')
    const path = join(volume.folder, 'file')
    writeFileSync(path, '')
    setXattr(path, 'user.inner', 'x')
    const above = join(volume.folder, '..')
    expect(namesOf(await scanAll(above))).toEqual([`${above}/mount/file:inner`])
    const carrier = await addon.openCarrier(above, `${above}/mount/file`, null)
    expect(await carrier.remove('inner', { size: 1n, sha256: sha256('x') })).toBe('done')
    expect(readXattrs(path)).toEqual({})
  })

  it('has plain files that are targets without any stream', async () => {
    const volume = mountedVolume('xattr')
    const path = join(volume.folder, 'plain')
    writeFileSync(path, '')
    expect(await addon.probe(path)).toMatchObject({ provider: 'ntfs-3g', kind: 'file' })
    expect(await scanAll(path)).toEqual({ streams: [], unreadable: [] })
  })
})

/**
 * NTFS attribute flags (read-only, archive, …), and the times of creation, last write and last access.
 * ntfs-3g answers these by name only. The fourth, the change time, moves with any change.
 */
function readFixed(path: string): string[] {
  const times = readXattr(path, 'system.ntfs_times').subarray(0, 24)
  return [readXattr(path, 'system.ntfs_attrib'), times].map((value) => value.toString('hex'))
}
