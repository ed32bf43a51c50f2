/** Where a walk goes and where it does not, and what it says about what it could not see. */

import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runUnprivileged } from '../../support/child.ts'
import { addon, failureOf, namesOf, type ScanReport, scanAll } from '../../support/native.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { sambaStream, setXattrs } from '../../support/xattrs.ts'

/** Makes thousands of folders, which a busy disk takes its time for. */
const SLOW = { timeout: 120_000 }

function carrier(path: string, stream = 's'): string {
  writeFileSync(path, '')
  setXattrs([sambaStream(path, stream, 'x')])
  return path
}

describe('a walk', () => {
  it('follows a link given as the target, and none below it', async () => {
    const folder = tempFolder()
    const elsewhere = tempFolder()
    carrier(join(elsewhere, 'outside'))
    const inside = carrier(join(folder, 'inside'))
    symlinkSync(elsewhere, join(folder, 'to-folder'))
    symlinkSync(join(elsewhere, 'outside'), join(folder, 'to-file'))
    symlinkSync(folder, join(elsewhere, 'entrance'))
    expect(namesOf(await scanAll(folder))).toEqual([`${inside}:s`])
    expect(namesOf(await scanAll(join(elsewhere, 'entrance')))).toEqual([
      `${elsewhere}/entrance/inside:s`,
    ])
  })

  it('opens no pipe, socket or device', async () => {
    const folder = tempFolder()
    spawnSync('mkfifo', [join(folder, 'pipe')])
    carrier(join(folder, 'file'))
    const report = await scanAll(folder)
    expect(namesOf(report)).toEqual([`${folder}/file:s`])
    expect(report.unreadable).toEqual([])
  })

  it('reports a file with several hard links once, with all its paths', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'sub'))
    const first = carrier(join(folder, 'first'))
    linkSync(first, join(folder, 'second'))
    linkSync(first, join(folder, 'sub', 'third'))
    carrier(join(folder, 'single'))
    const { streams } = await scanAll(folder)
    const linked = streams.filter(({ links }) => links.length > 1)
    expect(streams).toHaveLength(2)
    expect(linked).toHaveLength(1)
    expect([...linked[0]!.links].sort()).toEqual(
      [first, `${folder}/second`, `${folder}/sub/third`].sort(),
    )
    expect(linked[0]!.links).toContain(linked[0]!.path)
  })

  it('leaves out excluded folders without calling them unreadable, and only those', async () => {
    const folder = tempFolder()
    for (const name of ['skip', 'skip-not']) {
      mkdirSync(join(folder, name))
      carrier(join(folder, name, 'file'))
    }
    symlinkSync(join(folder, 'skip-not'), join(folder, 'planted'))
    const exclude = [`${folder}/skip/`, `${folder}/planted`]
    const report = await scanAll(folder, { exclude })
    expect(namesOf(report)).toEqual([`${folder}/skip-not/file:s`])
    expect(report.unreadable).toEqual([])
  })

  it('leaves out excluded folders when the target was given as a relative path', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'skip'))
    carrier(join(folder, 'skip', 'file'))
    const target = `/proc/self/cwd/${'../'.repeat(20)}${folder.slice(1)}`
    expect(namesOf(await scanAll(target))).toEqual([`${target}/skip/file:s`])
    expect((await scanAll(target, { exclude: [join(folder, 'skip')] })).streams).toEqual([])
  })

  it('reaches the bottom of a tree 4000 folders deep with few open descriptors', SLOW, async () => {
    const folder = tempFolder()
    const script = `
import os
os.chdir(${JSON.stringify(folder)})
for depth in range(4000):
    if depth % 8 == 0: os.mkdir('e')
    os.mkdir('d'); os.chdir('d')
open('bottom', 'w').close()
os.setxattr('bottom', 'user.DosStream.s:$DATA', b'x\\0')`
    expect(spawnSync('python3', ['-c', script]).status).toBe(0)
    const { report, most } = runUnprivileged<{ report: ScanReport; most: number }>(
      `const { readdirSync } = await import('node:fs')
       const end = support.scanAll(args[0])
       let most = 0, report
       end.then((value) => { report = value })
       while (report === undefined) {
         most = Math.max(most, readdirSync('/proc/self/fd').length)
         await new Promise(setImmediate)
       }
       return { report, most }`,
      [folder],
    )
    expect(most).toBeLessThan(150)
    const path = `${folder}${'/d'.repeat(4000)}/bottom`
    expect(report.unreadable).toEqual([])
    expect(report.streams.map((stream) => stream.path)).toEqual([path])
    const opened = await addon.openCarrier(folder, path, report.streams[0]!.identity)
    expect((await opened.list()).map(({ name }) => name)).toEqual(['s'])
  })

  it('does not change the access time of what it reads', async () => {
    const folder = tempFolder()
    const path = carrier(join(folder, 'file'))
    // Older than the last write, so that relatime would move it.
    spawnSync('touch', ['-a', '-d', '2001-01-01', path, folder])
    const times = () => [path, folder].map((each) => statSync(each, { bigint: true }).atimeNs)
    const before = times()
    await scanAll(folder, { hash: true, contentBytes: 100 })
    expect(times()).toEqual(before)
  })

  it('lists a single file as a target of its own, by the path as given', async () => {
    const path = carrier(join(tempFolder(), 'file'))
    expect(await addon.probe(path)).toMatchObject({ kind: 'file', provider: 'samba' })
    expect(namesOf(await scanAll(path))).toEqual([`${path}:s`])
    const opened = await addon.openCarrier(path, path, null)
    expect(await opened.list()).toHaveLength(1)
  })

  it('calls a plain file no source, and says what was looked for', async () => {
    const path = join(tempFolder(), 'notes.txt')
    writeFileSync(path, 'notes')
    const error = await failureOf(addon.probe(path))
    expect(error.code).toBe('ADS_NOT_A_SOURCE')
    expect(error.message).toMatch(
      /^\/.*\/notes\.txt is neither an NTFS volume or image \(no NTFS boot sector at offset 0, no partition table\) nor a file that carries a stream on this file system \(\w+\); name an image, a device or a folder$/,
    )
    expect((await failureOf(scanAll(path))).code).toBe('ADS_NOT_A_SOURCE')
  })

  it.each([
    ['a device that is no disk', '/dev/null', 'ADS_NOT_A_SOURCE'],
    ['a folder that the kernel makes up', '/proc', 'ADS_NOT_A_SOURCE'],
    ['a missing path', '/nowhere', 'ADS_NOT_FOUND'],
  ])('refuses %s', async (_, path, code) => {
    expect((await failureOf(addon.probe(path))).code).toBe(code)
  })
})

describe('without permission', () => {
  it('a folder that cannot be listed is unreadable, and so is a stream that cannot be read', () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'locked'), { mode: 0o700 })
    carrier(join(folder, 'locked', 'hidden'))
    const secret = carrier(join(folder, 'secret'))
    const open = carrier(join(folder, 'open'))
    spawnSync('chmod', ['000', join(folder, 'locked'), secret])
    const report = runUnprivileged<ScanReport>('return await support.scanAll(args[0])', [folder])
    expect(namesOf(report)).toEqual([`${open}:s`])
    expect([...report.unreadable].sort((a, b) => (a.path < b.path ? -1 : 1))).toMatchObject([
      { path: `${folder}/locked`, stream: null, code: 'ADS_ACCESS_DENIED', systemCode: 13 },
      { path: secret, stream: 's', code: 'ADS_ACCESS_DENIED', systemCode: 13 },
    ])
  })

  it('a target below a locked folder is denied, not missing', () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'locked'), { mode: 0o000 })
    const code = runUnprivileged<string>(
      'return (await support.failureOf(addon.probe(args[0]))).code',
      [join(folder, 'locked', 'file')],
    )
    expect(code).toBe('ADS_ACCESS_DENIED')
  })
})

describe('opening a carrier', () => {
  it.each([
    ['outside the target', (folder: string) => `${folder}-other/file`, 'ADS_NOT_FOUND'],
    ['through ..', (folder: string) => `${folder}/sub/../file`, 'ADS_INVALID_NAME'],
    ['with an empty component', (folder: string) => `${folder}//file`, 'ADS_INVALID_NAME'],
    ['that is not there', (folder: string) => `${folder}/missing`, 'ADS_NOT_FOUND'],
    ['behind a linked folder', (folder: string) => `${folder}/link/file`, 'ADS_NOT_FOUND'],
    ['behind a link further up', (folder: string) => `${folder}/link/deeper/file`, 'ADS_NOT_FOUND'],
    ['that is a link', (folder: string) => `${folder}/to-file`, 'ADS_NOT_A_SOURCE'],
  ])('refuses a path %s', async (_, pathIn, code) => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'sub'))
    carrier(join(folder, 'file'))
    mkdirSync(join(folder, 'sub', 'deeper'))
    carrier(join(folder, 'sub', 'file'))
    carrier(join(folder, 'sub', 'deeper', 'file'))
    symlinkSync(join(folder, 'sub'), join(folder, 'link'))
    symlinkSync(join(folder, 'file'), join(folder, 'to-file'))
    expect((await failureOf(addon.openCarrier(folder, pathIn(folder), null))).code).toBe(code)
  })

  it('works on the handle, so that a rename in between changes nothing', async () => {
    const folder = tempFolder()
    const path = carrier(join(folder, 'file'), 'mine')
    const opened = await addon.openCarrier(folder, path, null)
    renameSync(path, join(folder, 'moved'))
    carrier(path, 'of-another')
    expect((await opened.list()).map(({ name }) => name)).toEqual(['mine'])
    opened.close()
    opened.close()
    expect((await failureOf(opened.list())).message).toContain('closed')
  })
})
