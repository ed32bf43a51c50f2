/** Streams in Samba's xattr format, written by Python and read by the addon. */
import { createHash } from 'node:crypto'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addon, failureOf, namesOf, scanAll } from '../../support/native.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { readXattrs, sambaStream, setXattr, setXattrs } from '../../support/xattrs.ts'

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

function fileWith(folder: string, name = 'file.bin'): string {
  const path = join(folder, name)
  writeFileSync(path, 'content')
  return path
}

describe('a scan of Samba streams', () => {
  it('tells everything about a stream: name, size without the marker, digest, content, carrier', async () => {
    const folder = tempFolder()
    const path = fileWith(folder)
    const zone = '[ZoneTransfer]\r\nZoneId=3\r\n'
    setXattrs([sambaStream(path, 'Zone.Identifier', zone)])
    const { streams, unreadable } = await scanAll(folder, { hash: true, contentBytes: 14 })
    const status = statSync(path, { bigint: true })
    expect(unreadable).toEqual([])
    expect(streams).toEqual([
      {
        path,
        links: [path],
        name: 'Zone.Identifier',
        identity: `posix:${status.ino}:${status.birthtimeNs}`,
        size: BigInt(zone.length),
        allocated: BigInt(zone.length),
        modifiedNs: status.mtimeNs,
        kind: 'file',
        isResident: false,
        isDeleted: false,
        hasMoreLinks: false,
        sha256: sha256(zone),
        content: new Uint8Array(Buffer.from('[ZoneTransfer]')),
      },
    ])
  })

  it('reads no content unless asked to', async () => {
    const folder = tempFolder()
    setXattrs([sambaStream(fileWith(folder), 's', 'x')])
    const [stream] = (await scanAll(folder)).streams
    expect(stream).toMatchObject({ size: 1n, sha256: null, content: null })
  })

  it('lists the streams of folders, the target itself included', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'sub'))
    setXattrs([sambaStream(folder, 'top', '1'), sambaStream(join(folder, 'sub'), 'below', '2')])
    const report = await scanAll(`${folder}/`)
    expect(namesOf(report)).toEqual([`${folder}/sub:below`, `${folder}:top`])
    expect(report.streams.map(({ kind }) => kind)).toEqual(['directory', 'directory'])
  })

  it('reports only $DATA streams with a name, whatever the case of the type, and no other xattr', async () => {
    const folder = tempFolder()
    const path = fileWith(folder)
    for (const name of [
      'user.DosStream.lower:$data',
      'user.DosStream.untyped',
      'user.DosStream.:$DATA',
      'user.DOSATTRIB',
      'user.SAMBA_STREAMS',
      'user.org.netatalk.Metadata',
      'user.DosStreamExt.1.orphan:$DATA',
    ]) {
      setXattr(path, name, 'x\0')
    }
    expect(namesOf(await scanAll(folder))).toEqual([`${path}:lower`, `${path}:untyped`])
  })

  it('shows names with a colon as they are on disk, and refuses to remove them', async () => {
    const folder = tempFolder()
    const path = fileWith(folder)
    setXattrs([sambaStream(path, 'com.apple.metadata:kMDItem', 'x')])
    expect(namesOf(await scanAll(folder))).toEqual([`${path}:com.apple.metadata:kMDItem`])
    const carrier = await addon.openCarrier(folder, path, null)
    const removal = carrier.remove('com.apple.metadata:kMDItem', { size: 1n, sha256: sha256('x') })
    expect((await failureOf(removal)).code).toBe('ADS_INVALID_NAME')
    expect(Object.keys(readXattrs(path))).toHaveLength(1)
  })

  it('joins extents in order, and removes all of them with the stream', async () => {
    const folder = tempFolder()
    const path = fileWith(folder)
    setXattrs([
      { path, name: 'user.DosStream.big:$DATA', value: Buffer.from('one-\x02', 'latin1') },
      { path, name: 'user.DosStreamExt.1.big:$DATA', value: 'two-' },
      { path, name: 'user.DosStreamExt.2.big:$DATA', value: 'three' },
      { path, name: 'user.DosStreamExt.1.bigger:$DATA', value: 'of another stream' },
    ])
    const whole = 'one-two-three'
    const [stream] = (await scanAll(folder, { hash: true })).streams
    expect(stream).toMatchObject({ name: 'big', size: 13n, sha256: sha256(whole) })
    const carrier = await addon.openCarrier(folder, path, stream!.identity)
    expect(Buffer.from(await carrier.read('big', 2, 8)).toString()).toBe(whole.slice(2, 10))
    expect(await carrier.remove('big', { size: 13n, sha256: sha256(whole) })).toBe('done')
    expect(Object.keys(readXattrs(path))).toEqual(['user.DosStreamExt.1.bigger:$DATA'])
  })

  it('says that a stream is unreadable if one of its extents is missing, and leaves it alone', async () => {
    const folder = tempFolder()
    const path = fileWith(folder)
    setXattrs([
      { path, name: 'user.DosStream.torn:$DATA', value: Buffer.from('one\x02', 'latin1') },
      { path, name: 'user.DosStreamExt.2.torn:$DATA', value: 'three' },
    ])
    const { streams, unreadable } = await scanAll(folder)
    expect(streams).toEqual([])
    expect(unreadable).toMatchObject([
      { path, stream: 'torn', code: 'ADS_CORRUPT', operation: 'read' },
    ])
    expect(unreadable[0]!.message).toContain('extent 1 is missing')
    const carrier = await addon.openCarrier(folder, path, null)
    const removal = carrier.remove('torn', { size: 3n, sha256: sha256('one') })
    expect((await failureOf(removal)).code).toBe('ADS_CORRUPT')
    expect(Object.keys(readXattrs(path))).toHaveLength(2)
  })
})

describe('names that are not UTF-8', () => {
  it('cross as lone surrogates and come back to the same bytes', async () => {
    const folder = tempFolder()
    const path = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9, 0xff)])
    writeFileSync(path, '')
    const wild = Buffer.from([0x61, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x80, 0x80, 0x62])
    const name = Buffer.concat([Buffer.from('user.DosStream.'), wild, Buffer.from(':$DATA')])
    setXattr(path, name, 'x\0')
    setXattrs([sambaStream(path, 'stays', 'y')])

    const { streams } = await scanAll(folder, { hash: true })
    const found = streams.find((stream) => stream.name !== 'stays')!
    expect(found.path).toBe(`${folder}/caf\udce9\udcff`)
    expect(found.name).toBe('a\udced\udca0\udc80\u{1f600}\udc80b')

    const carrier = await addon.openCarrier(folder, found.path, found.identity)
    const listed = await carrier.list()
    expect(listed.map((entry) => entry.name).sort()).toEqual([found.name, 'stays'].sort())
    expect(Buffer.from(await carrier.read(found.name, 0, 10)).toString()).toBe('x')
    expect(await carrier.remove(found.name, { size: 1n, sha256: found.sha256! })).toBe('done')
    expect(Object.keys(readXattrs(path))).toEqual(['user.DosStream.stays:$DATA'])
  })

  it('are refused where no bytes can stand for them', async () => {
    const folder = tempFolder()
    const carrier = await addon.openCarrier(folder, fileWith(folder), null)
    const failure = await failureOf(carrier.create('\ud800', new Uint8Array()))
    expect(failure.code).toBe('ADS_INVALID_NAME')
  })
})
