import { describe, expect, it } from 'vitest'
import { RootCoverage, wasLookedAt } from '../../../server/agent/inventory/coverage.ts'
import { aReport } from '../../integration/agent/support/reports.ts'

function coverage(root: string, options: { isImage?: boolean; isComplete?: boolean } = {}) {
  const result = new RootCoverage(root, 'fs-0000000000000001', options.isImage ?? false)
  if (options.isComplete ?? true) result.complete()
  return result
}

const at = (path: string, ...links: string[]) => aReport({ path, links: [path, ...links] as never })

describe('a stream that a scan did not see', () => {
  it('is gone where its whole root was looked at', () => {
    expect(wasLookedAt(at('/data/a'), '/data', [coverage('/data')])).toBe(true)
  })

  it('stays where the scan of its root did not reach the end', () => {
    const broken = coverage('/data', { isComplete: false })
    expect(wasLookedAt(at('/data/a'), '/data', [broken])).toBe(false)
  })

  it.each([
    ['the carrier itself', '/data/folder/a'],
    ['its folder', '/data/folder'],
    ['a folder above', '/data'],
  ])('stays where %s could not be read', (_what, unreadable) => {
    const root = coverage('/data')
    root.addUnreadable(unreadable, null)
    expect(wasLookedAt(at('/data/folder/a'), '/data', [root])).toBe(false)
  })

  it('is gone where something else could not be read, however similar its path', () => {
    const root = coverage('/data')
    root.addUnreadable('/data/folder', null)
    root.addUnreadable('/data/fold', null)
    expect(wasLookedAt(at('/data/folder2/a'), '/data', [root])).toBe(true)
  })

  it('stays where one of its hard links lies in a folder that could not be read', () => {
    const root = coverage('/data')
    root.addUnreadable('/data/closed', null)
    expect(wasLookedAt(at('/data/open/a', '/data/closed/a'), '/data', [root])).toBe(false)
  })

  it('stays where only its own content could not be read, and goes where another stream’s could not', () => {
    const root = coverage('/data')
    root.addUnreadable('/data/a', 'Other')
    expect(wasLookedAt(at('/data/a'), '/data', [root])).toBe(true)
    root.addUnreadable('/data/a', 'Zone.Identifier')
    expect(wasLookedAt(at('/data/a'), '/data', [root])).toBe(false)
  })

  it.each([
    '$MFT record 77',
    '$MFT record 77-80',
    '$MFT',
    'Partition2\\$MFT record 77',
    'Partition12\\$MFT record 77-80',
    'Partition2\\$MFT',
    'Partition table',
  ])('stays in an image that lost %s, which may have held anybody’s', (part) => {
    const image = coverage('/disk.img', { isImage: true })
    const stream = at('Partition2\\folder\\a')
    expect(wasLookedAt(stream, '/disk.img', [image])).toBe(true)
    image.addUnreadable(part, null)
    expect(wasLookedAt(stream, '/disk.img', [image])).toBe(false)
  })

  it('stays in a partition of an image that could not be read, and goes in another', () => {
    const image = coverage('/disk.img', { isImage: true })
    image.addUnreadable('Partition2', null)
    expect(wasLookedAt(at('Partition2\\folder\\a'), '/disk.img', [image])).toBe(false)
    expect(wasLookedAt(at('Partition2\\.'), '/disk.img', [image])).toBe(false)
    expect(wasLookedAt(at('Partition1\\folder\\a'), '/disk.img', [image])).toBe(true)
  })

  it.each(['folder\\$MFT record 77', '$MFTMirr', 'Partition\\$MFT', 'Partition tables'])(
    'is gone in an image where the file %s could not be read',
    (path) => {
      const image = coverage('/disk.img', { isImage: true })
      image.addUnreadable(path, null)
      expect(wasLookedAt(at('folder\\a'), '/disk.img', [image])).toBe(true)
    },
  )

  it('is gone in a folder of files that are called like parts of an image', () => {
    const root = coverage('/data')
    root.addUnreadable('$MFT', null)
    expect(wasLookedAt(at('/data/a'), '/data', [root])).toBe(true)
  })

  it('stays below an unreadable folder of an image', () => {
    const image = coverage('/disk.img', { isImage: true })
    image.addUnreadable('folder', null)
    expect(wasLookedAt(at('folder\\deeper\\a'), '/disk.img', [image])).toBe(false)
    expect(wasLookedAt(at('folder2\\a'), '/disk.img', [image])).toBe(true)
  })

  it('stays where the root of an image itself could not be read', () => {
    const image = coverage('/disk.img', { isImage: true })
    image.addUnreadable('.', null)
    expect(wasLookedAt(at('folder\\a'), '/disk.img', [image])).toBe(false)
  })

  it('is gone with a scope root that was taken out of the config', () => {
    expect(wasLookedAt(at('/other/a'), '/other', [coverage('/data')])).toBe(true)
  })

  it('stays where the removed root lies in another one that could not be scanned', () => {
    const broken = coverage('/data', { isComplete: false })
    expect(wasLookedAt(at('/data/sub/a'), '/data/sub', [broken])).toBe(false)
    const everything = coverage('/', { isComplete: false })
    expect(wasLookedAt(at('/data/sub/a'), '/data/sub', [everything])).toBe(false)
  })

  it('does not mix up the paths of an image with those of a folder', () => {
    const folder = coverage('/data')
    folder.addUnreadable('/folder', null)
    const image = coverage('/disk.img', { isImage: true })
    expect(wasLookedAt(at('/folder\\a'), '/disk.img', [folder, image])).toBe(true)
  })

  it('stays where there were too many unreadable places to remember', () => {
    const root = coverage('/data')
    for (let i = 0; i <= 200_000; i++) root.addUnreadable(`/data/closed-${i}`, null)
    expect(wasLookedAt(at('/data/open'), '/data', [root])).toBe(false)
  })
})
