/** The tree of test/conformance/tree on Windows under Wine: its expected list, raw and walked. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeTree } from '../conformance/tree/ntfs-media.ts'
import { expectedList, inOrder, type ListedStream } from '../conformance/tree/tree.ts'
import { onWindows, openVolume, SETUP_MS, type WindowsVolume } from './support/windows.ts'

interface Listing {
  streams: (Omit<ListedStream, 'content'> & { content: string | null })[]
  unreadable: { path: string; stream: string | null }[]
}

/** Of the tree's stream names, those that Wine lists and cannot open. */
const BEYOND_WINE = ['\x05SummaryInformation', 'say "x"']

let volume: WindowsVolume
beforeAll(() => {
  volume = openVolume(16)
  writeTree(volume.folder)
}, SETUP_MS)
afterAll(() => volume.remove())

/** Paths as in the tree. */
function scan(target: string): Listing {
  const listing = onWindows<Listing>(
    `const { streams, unreadable } = await support.scanAll(args[0], { hash: true, contentBytes: 1 << 20 })
     const text = (content) => content && Buffer.from(content).toString('latin1')
     return {
       streams: streams.map(({ links, name, size, sha256, content, kind }) =>
         ({ links, stream: name, size: Number(size), sha256, content: text(content), kind })),
       unreadable: unreadable.map(({ path, stream }) => ({ path, stream })),
     }`,
    [target],
  )
  const inTree = (path: string) => path.replace(/^[A-Z]:\\/, '').replaceAll('\\', '/')
  return {
    streams: listing.streams.map((row) => ({ ...row, links: row.links.map(inTree).sort() })),
    unreadable: listing.unreadable.map((row) => ({ ...row, path: inTree(row.path) })),
  }
}

const withContent = (rows: Listing['streams']) =>
  inOrder(rows.filter((row): row is ListedStream => row.content !== null))

describe('the tree on Windows', () => {
  it('is listed stream for stream where the volume is read raw', () => {
    const { streams, unreadable } = scan(volume.drive)
    expect(unreadable).toEqual([])
    expect(withContent(streams)).toEqual(expectedList(() => false))
    expect(streams).toHaveLength(expectedList(() => false).length)
  })

  it('is listed stream for stream where it is walked; what Wine cannot open is unreadable by name', () => {
    const { streams, unreadable } = scan(`${volume.drive}\\`)
    expect(unreadable.map(({ stream }) => stream).sort()).toEqual([...BEYOND_WINE].sort())
    expect(new Set(unreadable.map(({ path }) => path))).toEqual(new Set(['names.txt']))
    expect(withContent(streams)).toEqual(
      expectedList(() => false).filter(({ stream }) => !BEYOND_WINE.includes(stream)),
    )
  })
})
