import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NativeTarget, NativeUnreadable } from '../../native/addon.ts'
import { scanAll } from '../support/native.ts'
import { listThroughNtfs3g, type ShownStream } from '../support/ntfs-3g-volume.ts'
import { MANY, writeAwkwardCarriers, writeNamesBeyondWine } from './support/fixture.ts'
import { onWindows, openVolume, SETUP_MS, type WindowsVolume } from './support/windows.ts'

interface Listed {
  path: string
  links: string[]
  name: string
  identity: string
  size: string
  modifiedNs: string
  kind: string
  sha256: string | null
}
interface Scanned {
  streams: Listed[]
  unreadable: NativeUnreadable[]
}

let volume: WindowsVolume
let walked: Scanned
let raw: Scanned
let truth: ShownStream[]
let fromImage: Listed[]

const SCAN = `return support.scanAll(args[0], { hash: true })`

beforeAll(async () => {
  volume = openVolume()
  writeAwkwardCarriers(volume.folder)
  walked = onWindows<Scanned>(SCAN, [`${volume.drive}\\`])
  raw = onWindows<Scanned>(SCAN, [volume.drive])
  volume.unmount()
  truth = listThroughNtfs3g(volume.image)
  const image = await scanAll(volume.image, { hash: true })
  fromImage = image.streams.map((stream) => ({
    ...stream,
    links: [...stream.links],
    size: String(stream.size),
    modifiedNs: String(stream.modifiedNs),
  }))
}, SETUP_MS)

afterAll(() => volume.remove())

/** One comparable line per stream; paths relative to the volume's root. */
function linesOf(streams: Listed[]): string[] {
  const relative = (path: string) => path.replace(/^[A-Z]:\\/, '') || '.'
  return streams
    .map((stream) =>
      JSON.stringify([
        stream.links.map(relative).sort(),
        stream.name,
        stream.size,
        stream.kind,
        stream.sha256,
        stream.modifiedNs,
      ]),
    )
    .sort()
}

function linesOfTruth(): string[] {
  return truth
    .map((stream) =>
      JSON.stringify([
        stream.links,
        stream.stream,
        String(stream.size),
        stream.kind,
        stream.sha256,
        stream.modifiedNs,
      ]),
    )
    .sort()
}

const identitiesOf = (streams: Listed[]) =>
  streams.map(({ identity, name }) => `${identity} ${name}`).sort()

describe('the walk on Windows', () => {
  it('lists exactly what Linux wrote: names, sizes, hashes, links, times, on files and folders', () => {
    expect(walked.unreadable).toEqual([])
    expect(linesOf(walked.streams)).toEqual(linesOfTruth())
    expect(walked.streams.length).toBeGreaterThan(MANY + 10)
  })

  it('gives paths as the target was given, beyond 260 characters too', () => {
    const deep = walked.streams.find(({ path }) => path.endsWith('deep.txt'))
    expect(deep?.path.startsWith(`${volume.drive}\\level-0-`)).toBe(true)
    expect(deep?.path.length).toBeGreaterThan(300)
  })

  it('reports a file with three names once, with all of them', () => {
    const linked = walked.streams.filter(({ links }) => links.length > 1)
    expect(linked.map(({ links }) => links.length)).toEqual([3])
  })
})

describe('a whole volume on Windows', () => {
  it('is read raw, and shows the same streams with the same identities as the walk', () => {
    expect(raw.unreadable).toEqual([])
    expect(linesOf(raw.streams)).toEqual(linesOf(walked.streams))
    expect(identitiesOf(raw.streams)).toEqual(identitiesOf(walked.streams))
  })

  it('shows the same as the unmounted image read on Linux', () => {
    expect(linesOf(fromImage)).toEqual(linesOf(raw.streams))
    expect(identitiesOf(fromImage)).toEqual(identitiesOf(raw.streams))
  })
})

describe('targets on Windows', () => {
  let live: WindowsVolume
  let beyondWine: string[]
  beforeAll(() => {
    live = openVolume(16)
    writeAwkwardCarriers(live.folder)
    beyondWine = writeNamesBeyondWine(live.folder)
  }, SETUP_MS)
  afterAll(() => live?.remove())

  it('are known by their many spellings, and a volume by the same id raw and live', () => {
    const spellings = [
      'N:',
      '\\\\.\\N:',
      '\\\\?\\N:',
      'N:\\',
      'n:/folder/',
      'N:\\folder\\..\\setup.exe',
    ]
    const found = onWindows<NativeTarget[]>('return Promise.all(args.map((t) => addon.probe(t)))', [
      ...spellings.map((text) => text.replace(/n:/i, live.drive)),
    ])
    expect(found.map(({ provider, kind }) => `${provider} ${kind}`)).toEqual([
      'mft image',
      'mft image',
      'mft image',
      'win32 folder',
      'win32 folder',
      'win32 file',
    ])
    expect(new Set(found.map(({ volumeId }) => volumeId)).size).toBe(1)
    expect(found[0]?.volumeId).toMatch(/^ntfs-[0-9a-f]{16}$/)
    expect(found.map(({ isWritable }) => isWritable)).toEqual(Array(6).fill(true))
  })

  it('are refused with a reason where nothing can be there', () => {
    const failures = onWindows<string[]>(
      'return Promise.all(args.map((t) => support.outcomeOf(addon.probe(t))))',
      [`${live.drive}\\no such file`, `${live.drive}\\setup.exe:Zone.Identifier`, 'C:\\', ''],
    )
    expect(failures).toEqual([
      'ADS_NOT_FOUND',
      'ADS_INVALID_NAME',
      'ADS_UNSUPPORTED',
      'ADS_INVALID_NAME',
    ])
  })

  it('without a change journal ask for a scan, and a folder has none of its own', () => {
    // Wine knows no journal. What a real one says is proved on recorded ones.
    const outcomes = onWindows<unknown[]>(
      'return Promise.all(args.map((t) => support.outcomeOf(addon.readChanges(t, null))))',
      [live.drive, `${live.drive}\\folder`],
    )
    expect(outcomes).toEqual([
      { mustScan: 'no-journal', checkpoint: null, files: [] },
      'ADS_UNSUPPORTED',
    ])
  })

  it('keep every unit of a name, also of one that is not valid Unicode', () => {
    const { streams } = onWindows<Scanned>('return support.scanAll(args[0])', [`${live.drive}\\`])
    const names = streams.map(({ path, name }) => `${path.slice(3)}:${name}`)
    expect(names).toEqual(expect.arrayContaining(beyondWine))
  })

  it('never lose a stream whose content cannot be had: it is unreadable by name', () => {
    const { streams, unreadable } = onWindows<Scanned>(SCAN, [`${live.drive}\\`])
    const missed = unreadable.map(({ path, stream }) => `${path.slice(3)}:${stream}`).sort()
    expect(missed).toEqual(beyondWine)
    const hashed = streams.map(({ path, name }) => `${path.slice(3)}:${name}`)
    expect(hashed.filter((name) => beyondWine.includes(name))).toEqual([])
  })

  it('leave excluded folders out, in any letter case, also of a whole volume', () => {
    const scan = `return support.scanAll(args[0], { exclude: [args[1]] })`
    const folder = onWindows<Scanned>(scan, [`${live.drive}\\`, `${live.drive}\\FOLDER`])
    const whole = onWindows<Scanned>(scan, [live.drive, `${live.drive.toLowerCase()}/folder/`])
    const isInside = ({ links }: Listed) => links.every((path) => /(^|\\)folder(\\|$)/.test(path))
    for (const { streams } of [folder, whole]) {
      expect(streams.length).toBeGreaterThan(MANY)
      expect(streams.filter(isInside)).toEqual([])
    }
  })

  it('end within 100 ms of being cancelled', () => {
    const elapsed = onWindows<number>(
      `const scan = addon.startScan(args[0], { hash: true, contentBytes: 0, includeInternal: false, exclude: [], batchStreams: 1 })
       await scan.next()
       const start = performance.now()
       scan.cancel()
       await scan.next().catch(() => {})
       return performance.now() - start`,
      [`${live.drive}\\`],
    )
    expect(elapsed).toBeLessThan(100)
  })
})
