import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MARK } from './support/fixture.ts'
import { onWindows, openVolume, SETUP_MS, type WindowsVolume } from './support/windows.ts'

interface Scanned {
  streams: { path: string; name: string; identity: string }[]
  unreadable: { path: string; error?: unknown }[]
}

let live: WindowsVolume
beforeAll(() => {
  live = openVolume(16)
  const file = (...parts: string[]) => join(live.folder, ...parts)
  mkdirSync(file('folder'))
  for (const name of ['kept.txt', 'removed.txt', 'plain.txt', 'folder/inner.txt']) {
    writeFileSync(file(name), name)
    if (name !== 'plain.txt') writeFileSync(`${file(name)}:Zone.Identifier`, MARK)
  }
  writeFileSync(`${file('folder')}:of a folder`, '1')
  writeFileSync(file('linked.txt'), '')
  writeFileSync(`${file('linked.txt')}:s`, '1')
  linkSync(file('linked.txt'), file('folder', 'also.txt'))
}, SETUP_MS)
afterAll(() => live?.remove())

const look = (carriers: readonly string[]) =>
  onWindows<Scanned>('return support.scanAll(args[0], { carriers: args[1] })', [
    live.drive,
    carriers,
  ])

it('finds carriers of a live volume by their identities, and what is gone gives no row', () => {
  const all = onWindows<Scanned>('return support.scanAll(args[0])', [live.drive])
  const identities = new Map(all.streams.map(({ path, identity }) => [path, identity]))
  const of = (path: string) => identities.get(path) ?? `no ${path}`
  rmSync(join(live.folder, 'removed.txt'))
  const asked = ['kept.txt', 'removed.txt', 'folder', 'folder\\inner.txt'].map(of)
  const { streams, unreadable } = look([...asked, 'ntfs:281474976711000'])
  expect(unreadable).toEqual([])
  expect(streams.map(({ path, name }) => `${path}:${name}`).sort()).toEqual([
    'folder:of a folder',
    'folder\\inner.txt:Zone.Identifier',
    'kept.txt:Zone.Identifier',
  ])
  for (const { path, identity } of streams) expect(identity).toBe(of(path))
})

it('says so where a file’s other names cannot be had, which Wine does not tell', () => {
  const all = onWindows<Scanned>('return support.scanAll(args[0])', [live.drive])
  const linked = all.streams.find(({ name }) => name === 's')?.identity ?? ''
  const { streams, unreadable } = look([linked])
  expect(streams).toEqual([])
  expect(unreadable).toMatchObject([{ path: '' }])
})
