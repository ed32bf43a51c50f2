/** Scopes of volumes that only Windows has: what they are is said here instead of asked of a disk. */
import { describe, expect, it } from 'vitest'
import { isAtOrBelow, Scope } from '../../../server/agent/scan/scope.ts'
import type { VolumeId } from '../../../server/protocol/ids.ts'

const ID = 'ntfs-0000000000000001' as VolumeId
const OTHER = 'ntfs-0000000000000002' as VolumeId

function aScope(root: string, exclude: string[] = []): Scope {
  const target = { volumeId: ID, kind: 'image', isWritable: true }
  return new Scope({ probe: async () => target } as never, [root], exclude)
}

const holds = async (scope: Scope, path: string) => (await scope.resolve(ID, path)) !== null

describe('the scope of a volume', () => {
  it.each(['C:', 'c:', '\\\\.\\C:', '\\\\?\\C:'])(
    'named %s leaves out what is excluded by whole path',
    async (root) => {
      for (const folder of ['C:\\Finance', 'c:/finance/', '\\\\?\\C:\\Finance']) {
        const scope = aScope(root, [folder])
        expect(await holds(scope, 'Finance\\2026\\a.exe')).toBe(false)
        expect(await holds(scope, 'FINANCE')).toBe(false)
        expect(await holds(scope, 'Finance-too\\a.exe')).toBe(true)
        expect(await holds(scope, 'Users\\Finance\\a.exe')).toBe(true)
        expect(await holds(scope, '.')).toBe(true)
      }
    },
  )

  it('is not left by a detour, nor narrowed by folders of another volume', async () => {
    const scope = aScope('C:', ['D:\\Finance'])
    expect(await holds(scope, 'Finance\\a.exe')).toBe(true)
    expect(await holds(scope, 'Users\\..\\Finance\\a.exe')).toBe(false)
    expect(await scope.resolve(OTHER, 'Finance\\a.exe')).toBe(null)
  })

  it('named by its GUID has folders of that name', async () => {
    const volume = '\\\\?\\Volume{0b0c}'
    const scope = aScope(volume, [`${volume}\\Finance`])
    expect(await holds(scope, 'Finance\\a.exe')).toBe(false)
    expect(await holds(scope, 'Users\\a.exe')).toBe(true)
  })

  it('names its files as people do, and those in an image as that does', async () => {
    const wholePath = async (root: string, path: string, volumeId = ID) =>
      (await aScope(root).wholePaths())(volumeId, path)
    expect(await wholePath('C:', 'Users\\a.exe')).toBe('C:\\Users\\a.exe')
    expect(await wholePath('C:', '.')).toBe('C:\\')
    expect(await wholePath('C:', 'Users\\a.exe', OTHER)).toBe('Users\\a.exe')
    expect(await wholePath('C:', 'C:\\data\\a.exe')).toBe('C:\\data\\a.exe')
    expect(await wholePath('/images/pc.img', 'Users\\a.exe')).toBe('Users\\a.exe')
  })
})

describe('a folder', () => {
  it('of a drive holds what is below it, whatever the case and separators', () => {
    expect(isAtOrBelow('C:\\Finance', 'c:/FINANCE/a')).toBe(true)
    expect(isAtOrBelow('C:', 'C:\\Finance')).toBe(true)
    expect(isAtOrBelow('C:\\Finance', 'C:\\Finances')).toBe(false)
  })

  it('elsewhere is one by its exact name', () => {
    expect(isAtOrBelow('/data', '/Data/a')).toBe(false)
    expect(isAtOrBelow('/data', '/data\\a')).toBe(false)
  })
})
