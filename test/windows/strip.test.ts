import { appendFileSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NativeStreamEntry } from '../../native/addon.ts'
import { listThroughNtfs3g } from '../support/ntfs-3g-volume.ts'
import {
  ARCHIVE,
  carrierState,
  OFFLINE,
  READ_ONLY,
  setAttributes,
} from './support/carrier-state.ts'
import { MARK, sha256 } from './support/fixture.ts'
import {
  FUSE_NAME_CACHE_MS,
  onWindows,
  openVolume,
  SETUP_MS,
  type WindowsVolume,
} from './support/windows.ts'

const STATUS_SHARING_VIOLATION = 0xc0000043 | 0

let volume: WindowsVolume
/** `file:stream` that must be on the image in the end, and those that must not. */
const kept: string[] = []
const gone: string[] = []

beforeAll(() => {
  volume = openVolume()
}, SETUP_MS)
afterAll(() => volume.remove())

/** A carrier with a mark and one more stream that nothing may touch. */
function marked(name: string, mark = MARK): string {
  const path = join(volume.folder, name)
  writeFileSync(path, `content of ${name}`)
  writeFileSync(`${path}:Zone.Identifier`, mark)
  writeFileSync(`${path}:bystander`, 'stays')
  kept.push(`${name}:bystander`)
  return path
}

interface Removal {
  identity: string
  outcome: string
  systemCode: number
  left: NativeStreamEntry[]
}

/**
 * Scans the volume raw, opens what it found by path and identity, and removes the mark; `between` runs on
 * Windows once the carrier is open, where a string of code can change what is there.
 */
function strip(name: string, between = '', expectedContent = MARK, environment = {}): Removal {
  return onWindows<Removal>(
    `const [drive, path, size, sha256] = args
     const { streams } = await support.scanAll(drive)
     const { identity } = streams.find((s) => s.links.includes(path) && s.name === 'Zone.Identifier')
     const stream = drive + '\\\\' + path + ':Zone.Identifier'
     const carrier = await addon.openCarrier(drive, path, identity)
     ${between}
     const removal = carrier.remove('Zone.Identifier', { size: BigInt(size), sha256 })
     const outcome = await support.outcomeOf(removal)
     const systemCode = await removal.then(() => 0, (error) => error.systemCode)
     const left = await carrier.list()
     carrier.close()
     return { identity, outcome, systemCode, left }`,
    [volume.drive, name, Buffer.byteLength(expectedContent), sha256(expectedContent)],
    environment,
  )
}

const namesOf = (streams: NativeStreamEntry[]) => streams.map(({ name }) => name).sort()

describe('a removal on Windows', () => {
  it('takes exactly the one stream, and leaves content, times and attributes', () => {
    const path = marked('unchanged.txt')
    const before = carrierState(path)
    const { outcome, left, identity } = strip('unchanged.txt')
    expect(outcome).toBe('done')
    expect(namesOf(left)).toEqual(['bystander'])
    expect(identity).toMatch(/^ntfs:\d+$/)
    expect(carrierState(path)).toEqual(before)
    gone.push('unchanged.txt:Zone.Identifier')
  })

  it('works on a folder', () => {
    const path = join(volume.folder, 'a folder')
    mkdirSync(path)
    writeFileSync(`${path}:Zone.Identifier`, MARK)
    const before = carrierState(path)
    expect(strip('a folder').outcome).toBe('done')
    expect(carrierState(path)).toEqual(before)
    gone.push('a folder:Zone.Identifier')
  })

  it('works through any name of a file with several', () => {
    const path = marked('first name.txt')
    linkSync(path, join(volume.folder, 'second name.txt'))
    expect(strip('second name.txt').outcome).toBe('done')
    gone.push('first name.txt:Zone.Identifier')
  })

  it('touches nothing where the stream grew after the scan', () => {
    const path = marked('grown.txt')
    appendFileSync(`${path}:Zone.Identifier`, 'LastWriterPackageFamilyName=x\r\n')
    expect(strip('grown.txt').outcome).toBe('changed')
    kept.push('grown.txt:Zone.Identifier')
  })

  it('touches nothing where the content is another of the same size', () => {
    marked('replaced.txt', MARK.replace('ZoneId=3', 'ZoneId=2'))
    expect(strip('replaced.txt').outcome).toBe('changed')
    kept.push('replaced.txt:Zone.Identifier')
  })

  it('says that it is gone where somebody else removed it', () => {
    marked('gone.txt')
    expect(strip('gone.txt', 'fs.rmSync(stream)').outcome).toBe('gone')
    gone.push('gone.txt:Zone.Identifier')
  })

  it('is refused while a program has the stream open for writing', () => {
    marked('locked.txt')
    const { outcome, systemCode, left } = strip(
      'locked.txt',
      `const writer = fs.openSync(stream, 'r+')`,
    )
    expect(outcome).toBe('ADS_IN_USE')
    // Refused at once, and not after it was marked for deletion.
    expect(systemCode).toBe(STATUS_SHARING_VIOLATION)
    expect(namesOf(left)).toEqual(['Zone.Identifier', 'bystander'])
    kept.push('locked.txt:Zone.Identifier')
  })

  it('leaves another file alone that took the name after the carrier was opened', () => {
    marked('swapped.txt')
    marked('other.txt')
    const { outcome } = strip(
      'swapped.txt',
      `fs.renameSync(drive + '\\\\swapped.txt', drive + '\\\\moved.txt')
       fs.renameSync(drive + '\\\\other.txt', drive + '\\\\swapped.txt')`,
    )
    // By its handle the carrier is the right one still, whatever it is called.
    expect(outcome).toBe('done')
    kept.splice(kept.indexOf('other.txt:bystander'), 1, 'moved.txt:bystander')
    kept.push('swapped.txt:Zone.Identifier')
    gone.push('moved.txt:Zone.Identifier')
  })

  it.each([
    ['as Windows does since 10', {}],
    ['without FileDispositionInformationEx, as before', { SIDESTREAM_SHIM_OLD: '1' }],
  ])('passes over read-only, and read-only it stays: %s', (_, environment) => {
    const name = `read-only ${Object.keys(environment).length}.txt`
    const path = marked(name)
    setAttributes(path, READ_ONLY | ARCHIVE)
    const before = carrierState(path)
    expect(before.attributes & READ_ONLY).toBe(READ_ONLY)
    expect(strip(name, '', MARK, environment).outcome).toBe('done')
    expect(carrierState(path)).toEqual(before)
    gone.push(`${name}:Zone.Identifier`)
  })

  it('is refused for a file whose content is elsewhere: reading it could fetch it', () => {
    const path = marked('offline.txt')
    setAttributes(path, OFFLINE)
    expect(strip('offline.txt').outcome).toBe('ADS_UNSUPPORTED')
    kept.push('offline.txt:Zone.Identifier')
  })

  it('takes the name exactly as it was listed', () => {
    marked('case.txt')
    const outcome = onWindows<string>(
      `const carrier = await addon.openCarrier(args[0], 'case.txt', null)
       return support.outcomeOf(carrier.remove('zone.identifier', { size: BigInt(args[1]), sha256: args[2] }))`,
      [volume.drive, Buffer.byteLength(MARK), sha256(MARK)],
    )
    expect(outcome).toBe('gone')
    kept.push('case.txt:Zone.Identifier')
  })

  it('never takes a name that could mean the file itself or another type', () => {
    marked('names.txt')
    const names = ['', 'a:b', 'Zone.Identifier:$DATA', ':', 'a\\b', 'a/b', 'a\0b', 's'.repeat(256)]
    const outcomes = onWindows<string[]>(
      `const carrier = await addon.openCarrier(args[0], 'names.txt', null)
       return Promise.all(args[1].flatMap((name) => [
         support.outcomeOf(carrier.remove(name, { size: 0n, sha256: '0'.repeat(64) })),
         support.outcomeOf(carrier.create(name, new Uint8Array(1))),
       ]))`,
      [volume.drive, names],
    )
    expect(new Set(outcomes)).toEqual(new Set(['ADS_INVALID_NAME']))
    kept.push('names.txt:Zone.Identifier')
  })
})

describe('opening a carrier on Windows', () => {
  const open = (path: string, identity: string | null) =>
    onWindows<string>(
      `return support.outcomeOf(addon.openCarrier(...args).then((c) => { c.close(); return c.identity }))`,
      [volume.drive, path, identity],
    )

  it('is refused where another file has the path now, though it may have the same record', async () => {
    const path = marked('replaced file.txt')
    const identity = open('replaced file.txt', null)
    expect(open('replaced file.txt', identity)).toBe(identity)
    rmSync(path)
    kept.splice(kept.indexOf('replaced file.txt:bystander'), 1)
    await setTimeout(FUSE_NAME_CACHE_MS)
    marked('replaced file.txt')
    expect(open('replaced file.txt', null)).not.toBe(identity)
    expect(open('replaced file.txt', identity)).toBe('ADS_IDENTITY_CHANGED')
    kept.push('replaced file.txt:Zone.Identifier')
  })

  it('knows a file again under a new name', () => {
    const path = marked('old name.txt')
    kept.splice(kept.indexOf('old name.txt:bystander'), 1)
    const identity = open('old name.txt', null)
    renameSync(path, join(volume.folder, 'new name.txt'))
    expect(open('new name.txt', identity)).toBe(identity)
    expect(open('old name.txt', identity)).toBe('ADS_NOT_FOUND')
  })

  it.each([
    '..\\x',
    'a folder\\..\\names.txt',
    'names.txt:Zone.Identifier',
    'a folder\\',
    '\\names.txt',
  ])('refuses a path that is no plain path: %s', (path) =>
    expect(open(path, null)).toBe('ADS_INVALID_NAME'),
  )
})

describe('a creation on Windows', () => {
  it('puts removed bytes back, keeps the carrier as it is, and never overwrites', () => {
    const path = marked('restored.txt')
    const before = carrierState(path)
    expect(strip('restored.txt').outcome).toBe('done')
    const outcomes = onWindows<string[]>(
      `const carrier = await addon.openCarrier(args[0], 'restored.txt', null)
       const create = () => support.outcomeOf(carrier.create('Zone.Identifier', Buffer.from(args[1])))
       const outcomes = [await create(), await create()]
       outcomes.push(Buffer.from(await carrier.read('Zone.Identifier', 0, 1000)).toString())
       return outcomes`,
      [volume.drive, MARK],
    )
    expect(outcomes).toEqual(['ok', 'ADS_EXISTS', MARK])
    expect(carrierState(path)).toEqual(before)
    kept.push('restored.txt:Zone.Identifier')
  })

  it('writes a stream of several megabytes whole', () => {
    marked('large.txt')
    const digest = onWindows<string>(
      `const carrier = await addon.openCarrier(args[0], 'large.txt', null)
       await carrier.create('large', Buffer.alloc(3_000_001, 'sidestream'))
       return carrier.hash('large')`,
      [volume.drive],
    )
    expect(digest).toBe(sha256(Buffer.alloc(3_000_001, 'sidestream')))
    kept.push('large.txt:large', 'large.txt:Zone.Identifier')
  })
})

describe('the unmounted image', () => {
  it('holds exactly the streams that should be left', () => {
    volume.unmount()
    const found = listThroughNtfs3g(volume.image).flatMap(({ links, stream }) =>
      links.map((link) => `${link}:${stream}`),
    )
    expect(found.filter((name) => gone.includes(name))).toEqual([])
    expect(kept.filter((name) => !found.includes(name))).toEqual([])
  })
})
