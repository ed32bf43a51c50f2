/** Other file systems below the target: understood, made up by the kernel, or unable to hold streams. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isRoot } from '../../support/is-root.ts'
import { addon, failureOf, namesOf, scanAll } from '../../support/native.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { sambaStream, setXattrs } from '../../support/xattrs.ts'

/** Unmounted before the folder around it is removed: cleanups run last registered first. */
function mount(target: string, ...options: string[]): void {
  const { status, stderr } = spawnSync('mount', [...options, target], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount: ${stderr}`)
  onTestFinished(() => void spawnSync('umount', ['-l', target]))
}

function folderIn(parent: string, name: string): string {
  const folder = join(parent, name)
  mkdirSync(folder)
  return folder
}

describe.runIf(isRoot)('a mount below the target (needs root)', () => {
  it('that can hold streams is entered', async () => {
    const folder = tempFolder()
    const inner = folderIn(folder, 'inner')
    mount(inner, '-t', 'tmpfs', 'none')
    writeFileSync(join(inner, 'file'), '')
    setXattrs([sambaStream(join(inner, 'file'), 's', 'x')])
    expect(namesOf(await scanAll(folder))).toEqual([`${inner}/file:s`])
  })

  it('has its own inode numbers, so that equal ones do not make one file of two', async () => {
    const folder = tempFolder()
    const places = ['one', 'two'].map((name) => folderIn(folder, name))
    for (const place of places) {
      mount(place, '-t', 'tmpfs', 'none')
      writeFileSync(join(place, 'file'), place)
      setXattrs([sambaStream(join(place, 'file'), 's', place)])
    }
    const { streams } = await scanAll(folder)
    expect(new Set(streams.map(({ identity }) => identity.split(':')[1])).size).toBe(1)
    expect(new Set(streams.map(({ identity }) => identity)).size).toBe(2)
    for (const { path, identity, name } of streams) {
      const carrier = await addon.openCarrier(folder, path, identity)
      expect(Buffer.from(await carrier.read(name, 0, 1_000)).toString()).toBe(join(path, '..'))
      carrier.close()
    }
  })

  it('that cannot hold extended attributes is unreadable as a whole, and no target itself', async () => {
    const folder = tempFolder()
    const inner = folderIn(folder, 'inner')
    mount(inner, '-t', 'ramfs', 'none')
    mkdirSync(join(inner, 'sub'))
    const { streams, unreadable } = await scanAll(folder)
    expect(streams).toEqual([])
    expect(unreadable).toMatchObject([{ path: inner, stream: null, code: 'ADS_UNSUPPORTED' }])
    const error = await failureOf(addon.probe(inner))
    expect(error.code).toBe('ADS_UNSUPPORTED')
    expect(error.message).toContain('ramfs')
  })

  it('of a single file is judged by its own file system', async () => {
    const folder = tempFolder()
    const source = folderIn(tempFolder(), 'ramfs')
    mount(source, '-t', 'ramfs', 'none')
    writeFileSync(join(source, 'file'), '')
    writeFileSync(join(folder, 'bound'), '')
    mount(join(folder, 'bound'), '--bind', join(source, 'file'))
    const { unreadable } = await scanAll(folder)
    expect(unreadable).toMatchObject([{ path: join(folder, 'bound'), code: 'ADS_UNSUPPORTED' }])
  })

  it('that the kernel makes up is passed over in silence, for no stream can be there', async () => {
    const folder = tempFolder()
    mount(folderIn(folder, 'proc'), '-t', 'proc', 'none')
    expect(await scanAll(folder)).toEqual({ streams: [], unreadable: [] })
  })

  it('read-only is a target that says so, and a strip there is ADS_READ_ONLY', async () => {
    const folder = tempFolder()
    const inner = folderIn(folder, 'inner')
    mount(inner, '-t', 'tmpfs', 'none')
    const path = join(inner, 'file')
    writeFileSync(path, '')
    setXattrs([sambaStream(path, 's', 'x')])
    spawnSync('mount', ['-o', 'remount,ro', inner])
    expect((await addon.probe(inner)).isWritable).toBe(false)
    const [stream] = (await scanAll(inner, { hash: true })).streams
    const carrier = await addon.openCarrier(inner, path, stream!.identity)
    const removal = carrier.remove('s', { size: 1n, sha256: stream!.sha256! })
    expect((await failureOf(removal)).code).toBe('ADS_READ_ONLY')
    expect((await failureOf(carrier.create('t', new Uint8Array()))).code).toBe('ADS_READ_ONLY')
    carrier.close()
  })
})
