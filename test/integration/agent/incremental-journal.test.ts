/**
 * An NTFS volume with a change journal, written by ntfs-3g: what the journal names is looked at again, also after
 * the agent was down, and every reason not to believe it ends in a full scan that says why. The inventory then
 * equals a fresh scan.
 */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AgentOptions } from '../../../server/agent/start-agent.ts'
import type { WatchTimings } from '../../../server/agent/watch/feed.ts'
import { type VolumeJournal, writeJournal } from '../../support/journal-on-volume.ts'
import { hasLoopDevices, loopDevice } from '../../support/loop-device.ts'
import { recordsInUse } from '../../support/mft-records.ts'
import { whyNtfs3gCannotRun } from '../../support/ntfs-3g-mount.ts'
import { makeNtfsImage, withMounted } from '../../support/ntfs-3g-volume.ts'
import { randomFrom } from '../../support/random.ts'
import { type JournalRecord, REASON } from '../../support/usn-journal.ts'
import { aCentral, anAgent, aPlace, enrolled, type Place, rescan } from './support/agent-fixture.ts'
import { freshScan, heldBy } from './support/compare.ts'
import type { TestCentral } from './support/test-central.ts'
import { until } from './support/until.ts'

const SEED = Number(process.env.SIDESTREAM_PROPERTY_SEED ?? Date.now() % 2 ** 31)
const PROMISED_MS = 5_000
const FAST = { pollMs: 100, rescanMs: 100 }
const OTHER_ID = 99n
/** In the boot sector. */
const SERIAL_AT = 72
const RENAMED = REASON.renameNewName | REASON.close

/** A volume whose journal tells what {@link change} does to it, as Windows' would. */
class JournaledVolume {
  readonly image: string
  readonly #draft: string
  /** One to begin with: an empty journal says nothing of where the next record will be. */
  #records: JournalRecord[] = [{ file: 1n, reason: REASON.dataExtend, name: 'first' }]

  constructor(place: Place) {
    this.image = join(place.data, 'volume.img')
    this.#draft = join(place.base, 'draft.img')
    makeNtfsImage(this.#draft, 8)
    this.publish()
  }

  /**
   * `work` tells of each change while the file is there: before it is deleted, after it was made or renamed. The
   * journal has what was told.
   */
  change(work: (folder: string, tell: (path: string, reason: number) => void) => void): void {
    const before = readFileSync(this.#draft)
    const told: { ino: number; parent: number; name: string; reason: number; isFolder: boolean }[] =
      []
    withMounted(this.#draft, 'streams_interface=windows', (folder) =>
      work(folder, (path, reason) => {
        const { ino } = statSync(path)
        const isFolder = statSync(path).isDirectory()
        const parent = statSync(dirname(path)).ino
        told.push({ ino, parent, name: basename(path), reason, isFolder })
      }),
    )
    const images = [before, readFileSync(this.#draft)]
    // Deleted or made meanwhile, or another file under a number that was used again: each that there was.
    const references = (ino: number) =>
      images.flatMap((image) => {
        const record = recordsInUse(image).get(ino)
        const sequence = record && image.readUInt16LE(record.offset + 16)
        return sequence === undefined ? [] : [(BigInt(sequence) << 48n) | BigInt(ino)]
      })
    for (const { ino, parent, name, reason, isFolder } of told) {
      const attributes = isFolder ? 0x10 : 0x20
      for (const file of new Set(references(ino))) {
        const parentReference = references(parent).at(-1) ?? 5n
        this.#records.push({ file, parent: parentReference, reason, name, attributes })
      }
    }
  }

  /** Another volume, with a journal of its own, from now on. */
  format(): void {
    rmSync(this.#draft)
    makeNtfsImage(this.#draft, 8)
    // mkntfs gives all volumes of the same few seconds one serial number.
    const image = readFileSync(this.#draft)
    image.writeBigUInt64LE(image.readBigUInt64LE(SERIAL_AT) ^ 1n, SERIAL_AT)
    writeFileSync(this.#draft, image)
    this.publish({ id: OTHER_ID })
  }

  /** The journal tells of `work`, and the disk has it only when what is answered is called. */
  publishBefore(work: Parameters<JournaledVolume['change']>[0]): () => void {
    const before = readFileSync(this.#draft)
    this.change(work)
    const later = `${this.image}.later`
    copyFileSync(this.#draft, later)
    writeJournal(later, this.#records)
    writeFileSync(this.#draft, before)
    this.publish()
    return () => renameSync(later, this.image)
  }

  /** With its journal, and at once, as a reader of a live volume would never see it half written. */
  publish(journal: VolumeJournal = {}, more: readonly JournalRecord[] = []): void {
    const next = `${this.image}.new`
    copyFileSync(this.#draft, next)
    writeJournal(next, [...this.#records, ...more], journal)
    renameSync(next, this.image)
  }
}

async function aWatchedVolume(watchTimings: Partial<WatchTimings> = {}) {
  const place = aPlace()
  const central = await aCentral()
  const volume = new JournaledVolume(place)
  await enrolled({ ...place, data: volume.image }, central)
  const agent = await anAgent(place, { watchTimings: { ...FAST, ...watchTimings } })
  await until(() => agent.status().watches.every(({ isInStep }) => isInStep), 'being in step')
  const scanId = agent.status().lastScan!.scanId
  return { place, central, volume, agent, scanId }
}

/** All but the carriers' times: a folder's changes without a record of its own. */
async function equalsVolume(central: TestCentral, volume: JournaledVolume): Promise<void> {
  const timeless = (streams: Awaited<ReturnType<typeof freshScan>>) =>
    new Map([...streams].map(([key, stream]) => [key, { ...stream, modifiedAt: '' }]))
  const disk = timeless(await freshScan(volume.image))
  const held = () => timeless(heldBy(central.inventory.values()))
  await until(() => isDeepStrictEqual(held(), disk), 'the volume at central', PROMISED_MS).catch(
    () => expect(held()).toEqual(disk),
  )
}

function mark(path: string, text = '[ZoneTransfer]\r\nZoneId=3\r\n'): void {
  writeFileSync(`${path}:Zone.Identifier`, text)
}

describe.runIf(whyNtfs3gCannotRun() === null)('an agent on a volume with a journal', () => {
  it('looks again at what the journal names, and at nothing else', async () => {
    const { central, volume, agent, scanId } = await aWatchedVolume()
    expect(agent.status().watches).toMatchObject([{ how: 'journal', isInStep: true }])
    const steps = [
      (folder: string, tell: (path: string, reason: number) => void) => {
        mkdirSync(join(folder, 'a/b'), { recursive: true })
        writeFileSync(join(folder, 'a/b/new.exe'), '')
        mark(join(folder, 'a/b/new.exe'))
        tell(join(folder, 'a/b/new.exe'), REASON.fileCreate | REASON.streamChange)
        mark(join(folder, 'a'))
        tell(join(folder, 'a'), REASON.fileCreate | REASON.streamChange)
      },
      (folder: string, tell: (path: string, reason: number) => void) => {
        mark(join(folder, 'a/b/new.exe'), 'changed')
        tell(join(folder, 'a/b/new.exe'), REASON.namedDataExtend)
      },
      (folder: string, tell: (path: string, reason: number) => void) => {
        linkSync(join(folder, 'a/b/new.exe'), join(folder, 'linked.exe'))
        tell(join(folder, 'linked.exe'), 0x10000)
      },
      (folder: string, tell: (path: string, reason: number) => void) => {
        renameSync(join(folder, 'a'), join(folder, 'z'))
        tell(join(folder, 'z'), RENAMED)
      },
      (folder: string, tell: (path: string, reason: number) => void) => {
        renameSync(join(folder, 'linked.exe'), join(folder, 'z/renamed.exe'))
        tell(join(folder, 'z/renamed.exe'), RENAMED)
      },
      (folder: string, tell: (path: string, reason: number) => void) => {
        rmSync(join(folder, 'z/b/new.exe:Zone.Identifier'))
        tell(join(folder, 'z/b/new.exe'), REASON.streamChange)
        writeFileSync(join(folder, 'kept'), '')
        mark(join(folder, 'kept'))
        tell(join(folder, 'kept'), REASON.fileCreate)
      },
      (folder: string, tell: (path: string, reason: number) => void) => {
        for (const name of ['z', 'kept']) {
          tell(join(folder, name), REASON.fileDelete)
          rmSync(join(folder, name), { recursive: true })
        }
      },
    ]
    for (const step of steps) {
      volume.change(step)
      volume.publish()
      await equalsVolume(central, volume)
    }
    expect(central.inventory.size).toBe(0)
    expect(agent.status().lastScan!.scanId).toBe(scanId)
  }, 120_000)

  it('goes on from where it was after it was down, without a scan', async () => {
    const { place, central, volume, agent, scanId } = await aWatchedVolume()
    await agent.close()
    volume.change((folder, tell) => {
      writeFileSync(join(folder, 'meanwhile.exe'), '')
      mark(join(folder, 'meanwhile.exe'))
      tell(join(folder, 'meanwhile.exe'), REASON.fileCreate)
    })
    volume.publish()
    const again = await anAgent(place, { watchTimings: FAST })
    await equalsVolume(central, volume)
    expect(central.inventory.size).toBe(1)
    expect(again.status().watches).toMatchObject([{ how: 'journal', isInStep: true }])
    expect(again.status().lastScan!.scanId).toBe(scanId)
  }, 60_000)

  const changedSettings: [string, Partial<AgentOptions>, Partial<AgentOptions>][] = [
    ['no longer excludes a folder', { exclude: ['/srv/left out'] }, {}],
    ['excludes a folder', {}, { exclude: ['/srv/left out'] }],
    ['hashes larger streams', { hashLimitBytes: 10 }, {}],
  ]
  it.each(changedSettings)(
    'scans all where it %s after it was down, and says so',
    async (_, first, then) => {
      const place = aPlace()
      const central = await aCentral()
      const volume = new JournaledVolume(place)
      await enrolled({ ...place, data: volume.image }, central)
      volume.change((folder) => {
        writeFileSync(join(folder, 'untold.exe'), '')
        mark(join(folder, 'untold.exe'))
      })
      volume.publish()
      const agent = await anAgent(place, { watchTimings: FAST, ...first })
      await until(() => agent.status().watches.every(({ isInStep }) => isInStep), 'being in step')
      const { scanId } = agent.status().lastScan!
      await agent.close()

      const changed = await anAgent(place, { watchTimings: FAST, ...then })
      await until(() => changed.status().lastScan!.scanId !== scanId, 'another scan')
      await until(() => changed.status().watches[0]!.isInStep, 'being in step again')
      expect(changed.status().watches[0]!.message).toContain('scanned with other settings')
      await equalsVolume(central, volume)
      const scanned = changed.status().lastScan!.scanId
      await changed.close()

      const same = await anAgent(place, { watchTimings: FAST, ...then })
      expect(same.status().watches).toMatchObject([{ isInStep: true }])
      await sleep(500)
      expect(same.status().lastScan!.scanId).toBe(scanned)
    },
    60_000,
  )

  const doubts: [string, VolumeJournal, JournalRecord[], string][] = [
    ['was wrapped', { start: 2n << 20n }, [], 'dropped records'],
    ['was made anew', { id: 99n }, [], 'made anew'],
    ['was interrupted', { lowestValidUsn: 3n << 19n, start: 1n << 20n }, [], 'unrecorded'],
    ['went back', { start: 4096n }, [], 'behind what was read'],
    ['has a version of its own', {}, [{ file: 1n, reason: 1, version: 9 }], 'unknown version'],
  ]
  it.each(doubts)(
    'scans all where the journal %s, and says so',
    async (_, journal, more, words) => {
      const { central, volume, agent } = await aWatchedVolume()
      volume.change((folder) => {
        writeFileSync(join(folder, 'untold.exe'), '')
        mark(join(folder, 'untold.exe'))
      })
      volume.publish(journal, more)
      await until(() => agent.status().lastScan!.message.includes(words), words)
      await equalsVolume(central, volume)
      expect(central.inventory.size).toBe(1)
      await until(() => agent.status().watches[0]!.isInStep, 'being in step again')
      expect(agent.status().watches[0]!.message).toContain(words)
      await until(() => central.scans.some(({ message }) => message.includes(words)))
    },
    60_000,
  )

  it('follows another volume that is there instead, once it is scanned', async () => {
    const { central, volume, agent } = await aWatchedVolume()
    volume.format()
    await until(() => agent.status().lastScan!.message.includes('another volume'))
    await until(() => agent.status().watches[0]!.isInStep, 'being in step again')
    const { scanId } = agent.status().lastScan!
    volume.change((folder, tell) => {
      writeFileSync(join(folder, 'new.exe'), '')
      mark(join(folder, 'new.exe'))
      tell(join(folder, 'new.exe'), REASON.fileCreate | REASON.streamChange)
    })
    volume.publish({ id: OTHER_ID })
    await equalsVolume(central, volume)
    expect(agent.status().lastScan!.scanId).toBe(scanId)
    const { volumes } = agent.status()
    const held = [...central.inventory.values()]
    expect(held.map(({ volumeId }) => volumeId)).toEqual(volumes.map(({ volumeId }) => volumeId))
  }, 60_000)

  it('looks again after a scan at what changed before it, as the disk may not have had it then', async () => {
    const { central, volume, agent } = await aWatchedVolume({ pollMs: 1_500, settleMs: 60_000 })
    const reachDisk = volume.publishBefore((folder, tell) => {
      writeFileSync(join(folder, 'fresh.exe'), '')
      mark(join(folder, 'fresh.exe'))
      tell(join(folder, 'fresh.exe'), REASON.fileCreate | REASON.streamChange)
    })
    // Long enough for the journal's record to be read, and never to be read again without reason.
    await sleep(4_000)
    await rescan(agent)
    reachDisk()
    const { scanId } = agent.status().lastScan!
    expect(central.inventory.size).toBe(0)
    await until(() => central.inventory.size === 1, 'the stream', PROMISED_MS)
    expect(agent.status().lastScan!.scanId).toBe(scanId)
  }, 60_000)

  it.runIf(hasLoopDevices())(
    'scans a volume without a journal every so often, and says why',
    async () => {
      const place = aPlace()
      const image = join(place.base, 'volume.img')
      makeNtfsImage(image, 8)
      const device = loopDevice(image)
      const central = await aCentral()
      await enrolled({ ...place, data: device }, central)
      const agent = await anAgent(place, { watchTimings: { ...FAST, walkMs: 300 } })
      await until(() => agent.status().lastScan !== null, 'the first scan')
      expect(agent.status().watches).toMatchObject([
        { how: 'scans', isInStep: false, message: 'it has no change journal' },
      ])
      withMounted(image, 'streams_interface=windows', (folder) => {
        writeFileSync(join(folder, 'new.exe'), '')
        mark(join(folder, 'new.exe'))
      })
      await until(() => central.inventory.size === 1, 'the stream', PROMISED_MS)
    },
    60_000,
  )

  it('is in step with the volume after any changes', async () => {
    console.log(`incremental: SIDESTREAM_PROPERTY_SEED=${SEED}`)
    const random = randomFrom(SEED)
    const { central, volume, agent, scanId } = await aWatchedVolume()
    const names = ['a', 'b', 'c', 'd/a', 'd/b', 'd/e/a', 'd', 'd/e', 'f']
    for (let round = 0; round < 8; round++) {
      volume.change((folder, tell) => {
        for (let n = random.below(12); n >= 0; n--) {
          const path = join(folder, random.pick(names))
          const other = join(folder, random.pick(names))
          const changes = [
            () => {
              mkdirSync(path)
              tell(path, REASON.fileCreate)
            },
            () => {
              writeFileSync(path, '')
              tell(path, REASON.fileCreate)
            },
            () => {
              mark(path, `${random.below(99)}`)
              tell(path, REASON.streamChange)
            },
            () => {
              // Whom it replaces is deleted, and Windows records that.
              if (existsSync(other)) tell(other, REASON.fileDelete)
              renameSync(path, other)
              tell(other, RENAMED)
            },
            () => {
              linkSync(path, other)
              tell(other, 0x10000)
            },
            () => {
              tell(path, REASON.fileDelete)
              rmSync(path)
            },
          ]
          try {
            random.pick(changes)()
          } catch {}
        }
      })
      volume.publish()
      await equalsVolume(central, volume)
    }
    expect(agent.status().lastScan!.scanId).toBe(scanId)
  }, 180_000)
})
