/**
 * A strip on every medium that can be written, in every state that its target may be in by then. Whatever
 * the answer, an independent reader finds nothing else changed.
 */
import { createHash } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ScannedStream } from '../../../native/scan.ts'
import { snapshotFolder } from '../../../scripts/lib/independent-disk.ts'
import { runUnprivileged } from '../../support/child.ts'
import { isRoot } from '../../support/is-root.ts'
import { addon, failureOf } from '../../support/native.ts'
import { listedIn, type Medium, type Place, scanPlace } from './medium.ts'
import { NTFS_MEDIA } from './ntfs-media.ts'
import { SAMBA_MEDIA } from './samba-media.ts'
import { changesSince, readOnlyView, replaceCarrier, swapForLink } from './states.ts'
import { BYSTANDER, MARK, VICTIM, ZONE } from './tree.ts'

const MEDIA = [...NTFS_MEDIA, ...SAMBA_MEDIA].filter(({ provider }) => provider !== 'mft')
const EXPECTED = {
  size: BigInt(ZONE.length),
  sha256: createHash('sha256').update(ZONE).digest('hex'),
}

const findVictim = async (place: Place): Promise<ScannedStream> => {
  const path = place.shown(VICTIM)
  const { streams } = await scanPlace(place)
  return streams.find((stream) => stream.path === path && stream.name === MARK)!
}

async function strip(place: Place, found: ScannedStream, between = () => {}): Promise<string> {
  const open = addon.openCarrier(place.target, found.path, found.identity, place.hints)
  const carrier = await open.catch((error: { code: string }) => error.code)
  if (typeof carrier === 'string') return carrier
  try {
    between()
    return await carrier.remove(MARK, EXPECTED).catch((error: { code: string }) => error.code)
  } finally {
    carrier.close()
  }
}

function stripUnprivileged(place: Place, { path, identity }: ScannedStream): string {
  return runUnprivileged<string>(
    `const [target, path, identity, hints, size, sha256] = args
     const carrier = await addon.openCarrier(target, path, identity, hints).catch((error) => error.code)
     if (typeof carrier === 'string') return carrier
     return await carrier.remove('${MARK}', { size: BigInt(size), sha256 }).catch((error) => error.code)`,
    [place.target, path, identity, place.hints, String(EXPECTED.size), EXPECTED.sha256],
  )
}

const SWAPS: [
  other: string,
  swap: (place: Place) => void,
  undo: (place: Place) => void,
  otherPath: string,
][] = [
  [
    'a link',
    swapForLink,
    (place) => {
      rmSync(place.shown(VICTIM))
      renameSync(place.shown('strip/moved.exe'), place.shown(VICTIM))
    },
    BYSTANDER,
  ],
  [
    'another with the same stream',
    (place) => {
      renameSync(place.shown(VICTIM), place.shown('strip/moved.exe'))
      renameSync(place.shown(BYSTANDER), place.shown(VICTIM))
    },
    (place) => {
      renameSync(place.shown(VICTIM), place.shown(BYSTANDER))
      renameSync(place.shown('strip/moved.exe'), place.shown(VICTIM))
    },
    VICTIM,
  ],
]

/** Swapping twice moves the folder's time, and that of the link, which is made anew. */
function isOfTheSwap(line: string): boolean {
  return line.startsWith('strip: mtimeNs ') || line.startsWith(`${VICTIM}: mtimeNs `)
}

const STATES: [state: string, outcome: string, bring: (place: Place) => void][] = [
  ['that grew', 'changed', (place) => place.write(VICTIM, MARK, `${ZONE}more`)],
  [
    'that was replaced by one of the same size',
    'changed',
    (place) => place.write(VICTIM, MARK, ZONE.replace('=3', '=2')),
  ],
  ['that is gone', 'gone', (place) => place.remove(VICTIM, MARK)],
  ['of a carrier that was replaced', 'ADS_IDENTITY_CHANGED', replaceCarrier],
  ['of a carrier swapped for a link to another', 'ADS_IDENTITY_CHANGED', swapForLink],
  ['of a carrier that is gone', 'ADS_NOT_FOUND', (place) => rmSync(place.shown(VICTIM))],
]

describe.skipIf(!isRoot).each(MEDIA)('a strip on $name ($missing)', (medium: Medium) => {
  const runs = it.skipIf(medium.missing !== null)

  runs.each([
    ['an unchanged stream', (_: Place) => {}],
    ['a stream of a read-only carrier', (place: Place) => place.makeReadOnly(VICTIM)],
  ])('of %s removes it and nothing else', async (_, bring) => {
    const place = await medium.make()
    const found = await findVictim(place)
    const listed = listedIn(place, await scanPlace(place))
    bring(place)
    const before = snapshotFolder(place.folder!)
    expect(await strip(place, found)).toBe('done')
    const changes = changesSince(before, place.folder!)
    expect(changes).toEqual([expect.stringMatching(/Zone\.Identifier(:\$DATA)?:? went$/)])
    expect(listedIn(place, await scanPlace(place))).toEqual(
      listed.filter(({ links, stream }) => links[0] !== VICTIM || stream !== MARK),
    )
    expect(await strip(place, found)).toBe('gone')
    expect(changesSince(before, place.folder!)).toEqual(changes)
  })

  runs.each(STATES)('of a stream %s answers %s and touches nothing', async (_, outcome, bring) => {
    const place = await medium.make()
    const found = await findVictim(place)
    bring(place)
    const before = snapshotFolder(place.folder!)
    expect(await strip(place, found)).toBe(outcome)
    expect(changesSince(before, place.folder!)).toEqual([])
  })

  runs('on a read-only mount is refused and touches nothing', async () => {
    const place = await medium.make()
    const view = readOnlyView(place)
    const found = await findVictim(view)
    const before = snapshotFolder(place.folder!)
    expect(await strip(view, found)).toBe('ADS_READ_ONLY')
    expect(changesSince(before, place.folder!)).toEqual([])
  })

  runs('without the right to write is denied and touches nothing', async () => {
    const place = await medium.make()
    const found = await findVictim(place)
    const before = snapshotFolder(place.folder!)
    expect(stripUnprivileged(place, found)).toBe('ADS_ACCESS_DENIED')
    expect(changesSince(before, place.folder!)).toEqual([])
  })

  runs.each(SWAPS)(
    'of a carrier swapped for %s after it was opened leaves that alone',
    async (_, swap, undo, otherPath) => {
      const place = await medium.make()
      const found = await findVictim(place)
      swap(place)
      const before = snapshotFolder(place.folder!)
      undo(place)
      const outcome = await strip(place, found, () => swap(place))
      const changes = changesSince(before, place.folder!).filter((line) => !isOfTheSwap(line))
      // By its descriptor the carrier is still the right one; by its name another stands there.
      if (outcome === 'done') {
        expect(changes).toEqual([expect.stringMatching(/Zone\.Identifier(:\$DATA)?:? went$/)])
      } else {
        expect(outcome).toMatch(/^(gone|ADS_IDENTITY_CHANGED)$/)
        expect(changes).toEqual([])
      }
      const left = listedIn(place, await scanPlace(place))
      expect(left).toContainEqual(expect.objectContaining({ links: [otherPath], stream: MARK }))
    },
  )
})

describe.skipIf(!isRoot).each(NTFS_MEDIA.filter(({ provider }) => provider === 'mft'))(
  'a strip on $name ($missing)',
  (medium) => {
    it.skipIf(medium.missing !== null)('is refused: images are only read', async () => {
      const place = await medium.make()
      expect((await addon.probe(place.target)).isWritable).toBe(false)
      const found = await findVictim(place)
      const carrier = await addon.openCarrier(place.target, found.path, found.identity)
      expect((await failureOf(carrier.remove(MARK, EXPECTED))).code).toBe('ADS_READ_ONLY')
    })
  },
)
