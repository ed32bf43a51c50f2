/** A walk on several threads: it finds what one thread finds, and no thread disturbs the process. */
import { spawn, spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runChild } from '../../support/child.ts'
import { addon, failureOf, METADATA_ONLY, type ScanReport, scanAll } from '../../support/native.ts'
import { makeTempFolder, removeTempFolder, tempFolder } from '../../support/temp-folder.ts'
import { readXattrs, sambaStream, setXattrs } from '../../support/xattrs.ts'

const THREADS = 4
const WHOLE = { hash: true, contentBytes: 4096 }
/** What changed less than two seconds before its folder was read is looked at in another way. */
const SETTLED_MS = 2_300
/** Enough that walkers share the files of one folder. */
const FLAT_FILES = 3_000

let folder = ''
let carriers: string[] = []

/** Folders in folders, one with very many files, links, several streams, streams of several parts. */
beforeAll(async () => {
  folder = makeTempFolder()
  const paths: string[] = []
  const fileIn = (...parts: string[]) => {
    const path = join(folder, ...parts)
    writeFileSync(path, '')
    paths.push(path)
    return path
  }
  for (let i = 0; i < 40; i++) {
    mkdirSync(join(folder, `d${i % 8}`, `e${i}`, 'f'), { recursive: true })
    for (let n = 0; n < 12; n++) fileIn(`d${i % 8}`, `e${i}`, 'f', `file ${n}`)
  }
  mkdirSync(join(folder, 'flat'))
  for (let n = 0; n < FLAT_FILES; n++) fileIn('flat', `file ${n}`)
  const many = fileIn('many')
  carriers = [...paths.filter((_, n) => n % 3 === 0), join(folder, 'd0', 'e0'), folder]
  setXattrs([
    ...carriers.map((path) => sambaStream(path, 'Zone.Identifier', `of ${path}`)),
    ...Array.from({ length: 12 }, (_, n) => sambaStream(many, `stream ${n}`, `${n}`.repeat(20))),
    { path: carriers[3]!, name: 'user.DosStream.parts:$DATA', value: 'one\x02' },
    { path: carriers[3]!, name: 'user.DosStreamExt.1.parts:$DATA', value: ' two' },
    { path: carriers[3]!, name: 'user.DosStreamExt.2.parts:$DATA', value: ' three' },
    { path: carriers[6]!, name: 'user.DosStream.damaged:$DATA', value: '\x63' },
  ])
  for (const n of [0, 1, 2]) linkSync(carriers[9]!, join(folder, `d${n}`, 'linked'))
  symlinkSync(carriers[0]!, join(folder, 'link'))
})
afterAll(() => removeTempFolder(folder))

function sorted({ streams, unreadable }: ScanReport) {
  const byKey = (key: (row: never) => string) => (a: unknown, b: unknown) =>
    key(a as never) < key(b as never) ? -1 : 1
  return {
    streams: [...streams].sort(byKey((row: ScanReport['streams'][0]) => `${row.path}:${row.name}`)),
    unreadable: [...unreadable].sort(byKey((row: ScanReport['unreadable'][0]) => row.path)),
  }
}

/** The sum of what an independent reader sees: that nothing is missing in all scans alike. */
const STREAMS = () => carriers.length + 12 + 1

describe('a walk on several threads', () => {
  it('finds what one thread finds, in fresh files and in settled ones', async () => {
    const fresh = sorted(await scanAll(folder, WHOLE))
    expect(fresh.streams).toHaveLength(STREAMS())
    expect(fresh.unreadable).toMatchObject([
      { path: carriers[6], stream: 'damaged', code: 'ADS_CORRUPT' },
    ])
    for (let round = 0; round < 10; round++) {
      expect(sorted(await scanAll(folder, { ...WHOLE, threads: THREADS }))).toEqual(fresh)
    }
    await delay(SETTLED_MS)
    expect(sorted(await scanAll(folder, WHOLE))).toEqual(fresh)
    for (let round = 0; round < 10; round++) {
      expect(sorted(await scanAll(folder, { ...WHOLE, threads: THREADS }))).toEqual(fresh)
    }
  })

  it('reads what another reader reads', async () => {
    const { streams } = await scanAll(folder, { ...WHOLE, threads: THREADS })
    const zones = streams.filter(({ name }) => name === 'Zone.Identifier')
    const writtenTo = zones.map(({ content }) => String(Buffer.from(content!)))
    expect(writtenTo.sort()).toEqual(carriers.map((path) => `of ${path}`).sort())
    for (const { path, content } of zones.slice(0, 50)) {
      const stored = readXattrs(path)['user.DosStream.Zone.Identifier:$DATA']!
      expect(Buffer.from(content!)).toEqual(stored.subarray(0, -1))
    }
    const parts = streams.find(({ name }) => name === 'parts')
    expect(String(Buffer.from(parts!.content!))).toBe('one two three')
  })

  it('counts every carrier once', async () => {
    const counts = []
    for (const threads of [1, 2, THREADS]) {
      const scan = addon.startScan(folder, { ...METADATA_ONLY, threads })
      while ((await scan.next()) !== null);
      counts.push(scan.progress())
    }
    expect(counts[0]!.carriersSeen).toBe(FLAT_FILES + 480 + 1 + 3 + 40 + 40 + 8 + 2)
    expect(counts[1]).toEqual(counts[0])
    expect(counts[2]).toEqual(counts[0])
  })

  it('leaves the working folder of the process where it is', () => {
    const { stdout, stderr } = runChild(
      `const { readlinkSync, readdirSync } = await import('node:fs')
       const places = () => readdirSync('/proc/self/task').map((id) => {
         try { return readlinkSync('/proc/self/task/' + id + '/cwd') } catch { return null }
       })
       const working = () => readlinkSync('/proc/self/cwd')
       const before = working()
       const scan = addon.startScan('/', { ...support.METADATA_ONLY, threads: 4 })
       const end = scan.next().catch(() => {})
       let own = new Set(), moved = false
       for (const until = performance.now() + 1000; performance.now() < until; ) {
         for (const place of places()) own.add(place)
         moved ||= working() !== before
         await new Promise(setImmediate)
       }
       scan.cancel()
       return { walkersMoved: own.size > 2, moved }`,
    )
    expect({ stderr, result: JSON.parse(stdout || 'null') }).toEqual({
      stderr: '',
      result: { walkersMoved: true, moved: false },
    })
  })

  it('ends within 100 ms of being cancelled, also while it waits for its caller', async () => {
    const busy = addon.startScan('/', { ...METADATA_ONLY, batchStreams: 65536, threads: THREADS })
    const waiting = addon.startScan(folder, { ...METADATA_ONLY, batchStreams: 1, threads: THREADS })
    await delay(150)
    expect(busy.progress().carriersSeen).toBeGreaterThan(0)
    expect(waiting.progress().streamsFound).toBeLessThanOrEqual(3 + 1)
    const cancelledAt = performance.now()
    busy.cancel()
    waiting.cancel()
    expect((await failureOf(busy.next())).code).toBe('ADS_CANCELLED')
    expect((await failureOf(waiting.next())).code).toBe('ADS_CANCELLED')
    expect(performance.now() - cancelledAt).toBeLessThan(100)
  })

  it('leaves no thread and no descriptor behind', () => {
    const { stdout } = runChild(
      `const { readdirSync } = await import('node:fs')
       const count = () => ['task', 'fd'].map((kind) => readdirSync('/proc/self/' + kind).length)
       const run = () => support.scanAll(args[0], { threads: 4 })
       await run()
       globalThis.gc()
       await new Promise((done) => setTimeout(done, 100))
       const before = count()
       for (let i = 0; i < 20; i++) await run()
       for (let i = 0; i < 50 && String(count()) !== String(before); i++) {
         globalThis.gc()
         await new Promise((done) => setTimeout(done, 20))
       }
       return { before, after: count() }`,
      [folder],
      ['--expose-gc'],
    )
    const { before, after } = JSON.parse(stdout) as Record<'before' | 'after', number[]>
    expect(after).toEqual(before)
  })

  it('finds the same where the kernel refuses a working folder for each thread', async () => {
    // unshare(2) answers EPERM, as under the seccomp filters of containers.
    const script = `
import ctypes, os, platform, struct, sys
number = {'x86_64': 272, 'aarch64': 97}[platform.machine()]
code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
program = b''.join(struct.pack('HBBI', *line) for line in code)
class Filter(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('code', ctypes.c_char_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(len(code), program)), 0, 0) == 0
assert libc.unshare(0x200) == -1 and ctypes.get_errno() == 1
os.execv(sys.argv[1], sys.argv[1:])`
    const body = `
      import * as support from ${JSON.stringify(join(import.meta.dirname, '../../support/native.ts'))}
      const { readlinkSync } = await import('node:fs')
      const working = () => readlinkSync('/proc/self/cwd')
      const before = working()
      const report = await support.scanAll(${JSON.stringify(folder)}, { hash: true, threads: 4 })
      const rows = report.streams.map(({ path, name, sha256 }) => path + ':' + name + ' ' + sha256)
      console.log(JSON.stringify({ rows, hasMoved: working() !== before }))`
    const { stdout, stderr, status } = spawnSync(
      'python3',
      ['-c', script, process.execPath, '--input-type=module', '--eval', body],
      { encoding: 'utf8', maxBuffer: 1 << 26 },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const found = JSON.parse(stdout) as { rows: string[]; hasMoved: boolean }
    const { streams } = await scanAll(folder, { hash: true })
    expect(found.hasMoved).toBe(false)
    expect(found.rows.sort()).toEqual(
      streams.map(({ path, name, sha256 }) => `${path}:${name} ${sha256}`).sort(),
    )
  })
})

describe('while somebody moves files about', () => {
  it('follows no link and mixes no two files into one row', { timeout: 60_000 }, async () => {
    const place = tempFolder()
    const outside = tempFolder()
    const mutator = spawn('python3', ['-c', MUTATOR, place, outside], { stdio: 'pipe' })
    const ended = new Promise((resolve) => mutator.once('exit', resolve))
    onTestFinished(async () => {
      mutator.kill('SIGKILL')
      await ended
    })
    await new Promise((ready) => mutator.stdout.once('data', ready))
    await delay(SETTLED_MS)
    let rows = 0
    for (const until = performance.now() + 8_000; performance.now() < until; ) {
      const { streams } = await scanAll(place, { contentBytes: 100, threads: THREADS })
      for (const { identity, name, content, path } of streams) {
        const inode = identity.split(':')[1]
        const written = String(Buffer.from(content!))
        expect({ path, name, written }).toEqual({ path, name: `of ${inode}`, written: inode })
      }
      rows += streams.length
    }
    expect(mutator.exitCode).toBeNull()
    expect(rows).toBeGreaterThan(1_000)
  })
})

/**
 * Every file has one stream, named after its inode and holding it. Files trade places by rename and are
 * replaced; files and folders are swapped for links that lead outside, where all is called "secret".
 */
const MUTATOR = `
import os, random, sys, time
place, outside = sys.argv[1:3]
def mark(path, text=None):
    inode = str(os.stat(path).st_ino)
    os.setxattr(path, 'user.DosStream.%s:$DATA' % (text or 'of ' + inode), (text or inode).encode() + b'\\0')
def make(path, text=None):
    open(path, 'w').close()
    mark(path, text)
os.mkdir(outside + '/folder')
for n in range(20): make(outside + '/folder/file%d' % n, 'secret')
for d in range(10):
    os.mkdir(place + '/d%d' % d)
    for n in range(20): make(place + '/d%d/file%d' % (d, n))
print('ready', flush=True)
time.sleep(2.5)
while True:
    d, e, n, m = random.randrange(10), random.randrange(10), random.randrange(20), random.randrange(20)
    a, b = place + '/d%d/file%d' % (d, n), place + '/d%d/file%d' % (e, m)
    choice = random.randrange(4)
    if choice == 0 and a != b:  # trade places
        os.rename(a, place + '/spare'); os.rename(b, a); os.rename(place + '/spare', b)
    elif choice == 1:  # a new file, often with the old one's inode
        os.unlink(a); make(place + '/spare'); os.rename(place + '/spare', a)
    elif choice == 2:  # a link for a moment
        os.rename(a, place + '/spare'); os.symlink(outside + '/folder/file%d' % n, a)
        os.unlink(a); os.rename(place + '/spare', a)
    else:  # the same with a folder
        f = place + '/d%d' % d
        os.rename(f, outside + '/spare'); os.symlink(outside + '/folder', f)
        os.unlink(f); os.rename(outside + '/spare', f)
    time.sleep(0.0002)
`
