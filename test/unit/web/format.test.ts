import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  plural,
  relativeTime,
  shortenMiddle,
  zoneLabel,
} from '../../../web/model/format.ts'
import { movedIndex } from '../../../web/model/grid-keys.ts'
import { shownPath, shownPathInRow } from '../../../web/model/shown-path.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')

describe('what people read', () => {
  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1024 * 1024 - 1, '1 MiB'],
    [5 * 1024 ** 4, '5 TiB'],
  ])('writes %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it('counts in words', () => {
    expect(plural(1, 'stream')).toBe('1 stream')
    expect(plural(12_000, 'stream')).toBe('12,000 streams')
  })

  it.each([
    ['2026-11-22T11:59:30Z', 'just now'],
    ['2026-11-22T11:00:01Z', '59 minutes ago'],
    ['2026-11-21T11:00:00.123456789Z', 'yesterday'],
    ['2026-11-23T11:59:59Z', 'in 24 hours'],
    ['2024-01-01T00:00:00Z', '2 years ago'],
    ['99999-01-01T00:00:00Z', '99999-01-01T00:00:00Z'],
  ])('says when %s was', (at, text) => expect(relativeTime(at, NOW)).toBe(text))

  it('names zones, also those that Windows has no name for', () => {
    expect([3, 'none', null, 9].map(zoneLabel)).toEqual([
      '3 Internet',
      'No zone',
      'No zone',
      'Zone 9',
    ])
  })

  it('shortens in the middle to exactly what fits', () => {
    expect(shortenMiddle('abcdefghij', 5)).toBe('ab…ij')
    expect(shortenMiddle('abc', 3)).toBe('abc')
  })
})

describe('a path', () => {
  it('makes what cannot be seen visible, part by part', () => {
    expect(shownPath('C:\\a\u202eb\\x.exe')).toBe('C:\\a\\u202eb\\x.exe')
  })

  it('tells a folder called u202e from one that is U+202E', () => {
    expect(shownPath('C:\\u202e\\x')).not.toBe(shownPath('C:\\\u202e\\x'))
  })

  it('has backslashes in names on Linux and none in folders', () => {
    expect(shownPathInRow('/srv/a\\b.txt')).toEqual({ folder: '/srv/', name: 'a\\b.txt' })
    expect(shownPathInRow('C:\\x\\setup.exe')).toEqual({ folder: 'C:\\x\\', name: 'setup.exe' })
  })

  it('costs a row little, however long it is', () => {
    const { folder, name } = shownPathInRow(`C:\\${'a'.repeat(32_000)}\\${'b'.repeat(5_000)}`)
    expect(folder.length + name.length).toBeLessThan(700)
  })
})

describe('the keys of a grid', () => {
  it('move within the rows there are', () => {
    expect(movedIndex('ArrowDown', -1, 10, 4)).toBe(0)
    expect(movedIndex('ArrowUp', 0, 10, 4)).toBe(0)
    expect(movedIndex('PageDown', 8, 10, 4)).toBe(9)
    expect(movedIndex('End', 0, 10, 4)).toBe(9)
  })

  it('do nothing in an empty grid, and others are not taken', () => {
    expect(movedIndex('ArrowDown', -1, 0, 4)).toBeNull()
    expect(movedIndex('x', 0, 10, 4)).toBeNull()
  })
})
