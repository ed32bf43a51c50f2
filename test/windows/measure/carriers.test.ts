/** What removing a stream does to its carrier, and which carriers hinder it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import {
  describeWindows,
  found,
  MARK,
  markedFile,
  newFolder,
  outcomeOf,
  removeMark,
} from './measuring.ts'

describeWindows('a carrier on a real Windows', () => {
  it('has these times before and after a removal', async () => {
    const folder = newFolder()
    const path = markedFile(folder)
    const before = statSync(path, { bigint: true })
    const outcome = await removeMark(folder, 'marked.txt')
    const after = statSync(path, { bigint: true })
    found('does a removal move LastWriteTime', {
      outcome,
      movedNs: String(after.mtimeNs - before.mtimeNs),
      changeMovedNs: String(after.ctimeNs - before.ctimeNs),
    })
    expect(after.mtimeNs).toBe(before.mtimeNs)
  })

  it('may be read-only', async () => {
    const folder = newFolder()
    const path = markedFile(folder)
    chmodSync(path, 0o444)
    found('removal from a read-only file (IGNORE_READONLY)', await removeMark(folder, 'marked.txt'))
    const write = () => writeFileSync(`${path}:other`, 'x')
    found('writing a stream of a read-only file', await outcomeOf(write))
    chmodSync(path, 0o666)
  })

  it('may be a folder', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'inner'))
    writeFileSync(`${join(folder, 'inner')}:Zone.Identifier`, MARK)
    found('removal from a folder', await removeMark(folder, 'inner'))
  })

  it('may be a link, whose target must stay as it is', async () => {
    const folder = newFolder()
    markedFile(folder, 'target.txt')
    const link = join(folder, 'link.txt')
    const made = await outcomeOf(() => symlinkSync(join(folder, 'target.txt'), link))
    const outcome = made === 'ok' ? await removeMark(folder, 'link.txt') : made
    found('removal through a symbolic link', outcome)
    expect(await removeMark(folder, 'target.txt')).toBe('done')
  })

  it('may be compressed by WOF', async () => {
    const folder = newFolder()
    const path = markedFile(folder, 'program.exe')
    writeFileSync(path, Buffer.alloc(1024 * 1024, 'a'))
    const compact = () =>
      execFileSync('compact.exe', ['/c', '/exe:xpress4k', path], { encoding: 'utf8' })
    found('compact /exe', typeof (await outcomeOf(compact)))
    const carrier = await loadAddon().openCarrier(folder, path, null)
    const names = (await carrier.list()).map(({ name }) => name)
    carrier.close()
    found('streams listed of a file compressed by WOF', names)
  })

  it('may be encrypted', async () => {
    const folder = newFolder()
    const path = markedFile(folder)
    const cipher = () => execFileSync('cipher.exe', ['/e', path], { encoding: 'utf8' })
    found('cipher /e', typeof (await outcomeOf(cipher)))
    found('removal from an encrypted file', await removeMark(folder, 'marked.txt'))
  })

  it('may be renamed above while it is open', async () => {
    const folder = newFolder()
    const inner = join(folder, 'inner')
    mkdirSync(inner)
    const path = markedFile(inner)
    const carrier = await loadAddon().openCarrier(folder, path, null)
    const rename = () => renameSync(inner, join(folder, 'renamed'))
    found('renaming a folder above an open carrier', await outcomeOf(rename))
    carrier.close()
  })
})
