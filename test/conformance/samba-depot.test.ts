/** Streams that a real smbd keeps in a depot (vfs_streams_depot), and what can go wrong with one. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  globSync,
  linkSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NativeHints } from '../../native/addon.ts'
import { compareSnapshots, snapshotFolder } from '../../scripts/lib/independent-disk.ts'
import { runUnprivileged } from '../support/child.ts'
import { addon, failureOf, namesOf, scanAll } from '../support/native.ts'
import { type SambaServer, startSamba, whySambaCannotRun } from '../support/samba-server.ts'
import { makeTempFolder, removeTempFolder, tempFolder } from '../support/temp-folder.ts'
import { removeXattr, sambaStream, setXattr, setXattrs } from '../support/xattrs.ts'

const ZONE = '[ZoneTransfer]\r\nZoneId=3\r\n'
const missing = whySambaCannotRun()
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const EXPECTED = { size: BigInt(ZONE.length), sha256: sha256(ZONE) }

describe.skipIf(missing !== null)(`a share with a stream depot (${missing ?? 'runs'})`, () => {
  let samba: SambaServer
  let elsewhere = ''
  beforeAll(async () => {
    elsewhere = makeTempFolder()
    writeFileSync(join(elsewhere, 'zone'), ZONE)
    writeFileSync(join(elsewhere, 'empty'), '')
    samba = await startSamba(['vfs objects = streams_depot'])
  })
  afterAll(async () => {
    await samba?.stop()
    removeTempFolder(elsewhere)
  })

  const put = (target: string, source = 'zone') =>
    samba.run(`put ${join(elsewhere, source)} "${target}"`)
  /** A file with the mark and a second stream, and the depot's folder for it. */
  const marked = (name: string) => {
    put(name)
    put(`${name}:Zone.Identifier`)
    const before = new Set(globSync(`${samba.share}/.streams/*/*/*/:stays:$DATA`))
    put(`${name}:stays`)
    const after = globSync(`${samba.share}/.streams/*/*/*/:stays:$DATA`)
    const folder = dirname(after.find((path) => !before.has(path))!)
    return { path: join(samba.share, name), folder }
  }
  const listed = async (path: string, hints?: NativeHints) => {
    const { streams, unreadable } = await scanAll(path, { hash: true, ...(hints && { hints }) })
    return { names: streams.map(({ name }) => name).sort(), unreadable }
  }

  it.each([
    ['with its smb.conf', () => ({ smbConf: samba.config })],
    ['found by its .streams alone', () => undefined],
  ])('has the streams that a client wrote, %s', async (_, hints) => {
    put('a.txt')
    put('a.txt:Zone.Identifier')
    put('a.txt:nothing', 'empty')
    put('a.txt:grüße 😀')
    samba.run('mkdir folder')
    put('folder:on a folder')
    put('folder/inner.txt')
    put('folder/inner.txt:inner')
    put(':on the share')
    const given = hints()
    const { streams, unreadable } = await scanAll(samba.share, {
      hash: true,
      contentBytes: 100,
      ...(given && { hints: given }),
    })
    samba.run('deltree folder')
    expect(unreadable).toEqual([])
    expect(namesOf({ streams })).toEqual([
      `${samba.share}/a.txt:Zone.Identifier`,
      `${samba.share}/a.txt:grüße 😀`,
      `${samba.share}/a.txt:nothing`,
      `${samba.share}/folder/inner.txt:inner`,
      `${samba.share}/folder:on a folder`,
      `${samba.share}:on the share`,
    ])
    for (const { name, sha256: hash, size, content } of streams) {
      const text = name === 'nothing' ? '' : ZONE
      expect([hash, size]).toEqual([sha256(text), BigInt(text.length)])
      expect(Buffer.from(content!).toString()).toBe(text)
    }
  })

  it('is known from a folder inside it and from one above', async () => {
    samba.run('mkdir deep')
    samba.run('mkdir deep/deeper')
    put('deep/deeper/file.txt')
    put('deep/deeper/file.txt:found')
    expect(namesOf(await scanAll(join(samba.share, 'deep')))).toEqual([
      `${samba.share}/deep/deeper/file.txt:found`,
    ])
    expect(namesOf(await scanAll(join(samba.share, '..')))).toContain(
      `${samba.share}/deep/deeper/file.txt:found`,
    )
  })

  it('is found behind a nearer folder that only looks like one', async () => {
    samba.run('mkdir near')
    put('near/file.txt')
    put('near/file.txt:found')
    mkdirSync(join(samba.share, 'near', '.streams', 'AA'), { recursive: true })
    const path = join(samba.share, 'near', 'file.txt')
    expect(await listed(path)).toEqual({ names: ['found'], unreadable: [] })
    // Without smb.conf, too, a new stream goes where the others are.
    const carrier = await addon.openCarrier(samba.share, path, null)
    await carrier.create('Zone.Identifier', Buffer.from(ZONE))
    carrier.close()
    expect(samba.run('get "near/file.txt:Zone.Identifier" -')).toContain(ZONE)
  })

  it('loses exactly the stream that we strip', async () => {
    const { path, folder } = marked('strip.txt')
    const before = snapshotFolder(samba.share)
    const carrier = await addon.openCarrier(samba.share, path, null)
    expect(await carrier.remove('Zone.Identifier', { ...EXPECTED, size: 1n })).toBe('changed')
    expect(await carrier.remove('Zone.Identifier', { ...EXPECTED, sha256: sha256('') })).toBe(
      'changed',
    )
    expect(compareSnapshots(before, snapshotFolder(samba.share))).toEqual([])
    expect(await carrier.remove('Zone.Identifier', EXPECTED)).toBe('done')
    expect(await carrier.remove('Zone.Identifier', EXPECTED)).toBe('gone')
    carrier.close()
    const place = folder.slice(samba.share.length + 1)
    expect(
      compareSnapshots(before, snapshotFolder(samba.share)).filter(
        (line) => line !== `${place}: mtimeNs`,
      ),
    ).toEqual([expect.stringMatching(/: mtimeNs /), `${place}/:Zone.Identifier:$DATA: went`])
    expect(samba.run('allinfo strip.txt')).not.toContain('Zone.Identifier')
    expect(samba.run('allinfo strip.txt')).toContain(`[:stays:$DATA], ${ZONE.length} bytes`)
  })

  it.each([
    ['a file that has streams there', true],
    ['a file that has none yet', false],
  ])('takes a restored stream of %s, as clients see', async (_, hasStreams) => {
    const name = hasStreams ? 'restore.txt' : 'first.txt'
    put(name)
    if (hasStreams) put(`${name}:first`)
    const carrier = await addon.openCarrier(samba.share, join(samba.share, name), null, {
      smbConf: samba.config,
    })
    await carrier.create('Zone.Identifier', Buffer.from(ZONE))
    expect((await failureOf(carrier.create('Zone.Identifier', Buffer.of(1)))).code).toBe(
      'ADS_EXISTS',
    )
    carrier.close()
    expect(samba.run(`get "${name}:Zone.Identifier" -`)).toContain(ZONE)
    expect(samba.run(`allinfo ${name}`)).toContain(`[:Zone.Identifier:$DATA], ${ZONE.length} bytes`)
  })

  it('ignores the streams of an earlier file with the same number, and never revives them', async () => {
    const { path } = marked('stale.txt')
    removeXattr(path, 'user.SAMBA_STREAMS')
    expect(await listed(path).catch(({ code }) => code)).toBe('ADS_NOT_A_SOURCE')
    const before = snapshotFolder(samba.share)
    const carrier = await addon.openCarrier(samba.share, path, null, { smbConf: samba.config })
    expect(await carrier.list()).toEqual([])
    expect((await failureOf(carrier.create('new', Buffer.of(1)))).code).toBe('ADS_EXISTS')
    carrier.close()
    expect(compareSnapshots(before, snapshotFolder(samba.share))).toEqual([])
  })

  it('makes a file unreadable whose streams stayed behind under another number', async () => {
    const { path } = marked('moved.txt')
    const copy = join(samba.share, 'copy.txt')
    spawnSync('cp', ['--preserve=xattr', path, copy])
    const { names, unreadable } = await listed(copy)
    expect(names).toEqual([])
    expect(unreadable).toMatchObject([{ path: copy, stream: null, code: 'ADS_UNSUPPORTED' }])
    expect(unreadable[0]!.message).toContain('has no folder for it')
  })

  it('shows the xattr streams of its files too', async () => {
    const { path } = marked('both.txt')
    setXattrs([sambaStream(path, 'in an xattr', 'x')])
    expect(await listed(path)).toEqual({
      names: ['Zone.Identifier', 'in an xattr', 'stays'],
      unreadable: [],
    })
  })

  const FAULTS: [fault: string, bring: (folder: string, path: string) => void, message: string][] =
    [
      ['a file not named like one', (folder) => writeFileSync(join(folder, 'x'), ''), 'not named'],
      [
        'a link',
        (folder) => symlinkSync('/etc/passwd', join(folder, ':l:$DATA')),
        'no regular file',
      ],
      [
        'a second link to some file',
        (folder, path) => linkSync(path, join(folder, ':l:$DATA')),
        'other links',
      ],
      ['a folder', (folder) => mkdirSync(join(folder, ':f:$DATA')), 'no regular file'],
    ]
  it.each(FAULTS)('says that %s among the streams is not understood', async (fault, bring, why) => {
    const { path, folder } = marked(`${fault.replaceAll(' ', '-')}.txt`)
    bring(folder, path)
    const { names, unreadable } = await listed(path)
    expect(names).toEqual(['Zone.Identifier', 'stays'])
    expect(unreadable).toMatchObject([{ path, stream: null, code: 'ADS_CORRUPT' }])
    expect(unreadable[0]!.message).toContain(why)
    const carrier = await addon.openCarrier(samba.share, path, null)
    expect((await failureOf(carrier.remove('stays', EXPECTED))).code).toBe('ADS_CORRUPT')
  })

  it('follows no link on the way to the streams, and says so', async () => {
    const { path, folder } = marked('linked.txt')
    renameSync(folder, `${folder}.away`)
    symlinkSync(`${folder}.away`, folder)
    const { names, unreadable } = await listed(path)
    expect(names).toEqual([])
    expect(unreadable).toMatchObject([{ path, stream: null }])
    expect(unreadable[0]!.message).not.toContain('has no folder')
  })

  it('shows another user what modes allow, and calls the rest unreadable', async () => {
    const { path, folder } = marked('modes.txt')
    const seen = () =>
      runUnprivileged<{ names: string[]; unreadable: (string | null)[] }>(
        `const report = await support.scanAll(args[0], { hash: true })
         return {
           names: report.streams.map(({ name }) => name).sort(),
           unreadable: report.unreadable.map(({ stream }) => stream),
         }`,
        [path],
      )
    expect(seen()).toEqual({ names: ['Zone.Identifier', 'stays'], unreadable: [] })
    chmodSync(join(folder, ':stays:$DATA'), 0o600)
    expect(seen()).toEqual({ names: ['Zone.Identifier'], unreadable: ['stays'] })
    chmodSync(folder, 0o700)
    expect(seen()).toEqual({ names: [], unreadable: [null] })
  })

  it('has a depot that is no target by itself, yet hides no carrier', async () => {
    const { folder } = marked('hidden.txt')
    for (const path of [join(samba.share, '.streams'), folder, join(folder, ':stays:$DATA')]) {
      const error = await failureOf(addon.probe(path))
      expect(error.code).toBe('ADS_NOT_A_SOURCE')
      expect(error.message).toContain('scan the share')
    }
    const planted = join(folder, ':stays:$DATA')
    setXattrs([sambaStream(planted, 'planted', 'x')])
    expect(namesOf(await scanAll(samba.share))).toContain(`${planted}:planted`)
  })
})

describe.skipIf(missing !== null)('a depot outside its share', () => {
  let samba: SambaServer
  let depot = ''
  beforeAll(async () => {
    depot = makeTempFolder()
    samba = await startSamba([
      'vfs objects = streams_depot',
      `streams_depot:directory = ${depot}/kept`,
    ])
    writeFileSync(join(depot, 'zone'), ZONE)
    samba.run(`put ${depot}/zone a.txt`)
    samba.run(`put ${depot}/zone "a.txt:Zone.Identifier"`)
  })
  afterAll(async () => {
    await samba?.stop()
    removeTempFolder(depot)
  })

  it('is found through smb.conf', async () => {
    const report = await scanAll(samba.share, { hints: { smbConf: samba.config } })
    expect(namesOf(report)).toEqual([`${samba.share}/a.txt:Zone.Identifier`])
    expect(report.unreadable).toEqual([])
  })

  it('makes its files unreadable without, and never clean', async () => {
    const { streams, unreadable } = await scanAll(samba.share)
    expect(streams).toEqual([])
    expect(unreadable).toMatchObject([
      { path: `${samba.share}/a.txt`, stream: null, code: 'ADS_UNSUPPORTED' },
    ])
    expect(unreadable[0]!.message).toContain('--smb-conf')
  })
})

describe.skipIf(missing !== null)('a file copied out of a share with its attributes', () => {
  it('is unreadable where no depot is near, and its xattr streams are shown', async () => {
    const folder = tempFolder()
    const path = join(folder, 'copied')
    writeFileSync(path, '')
    setXattr(path, 'user.SAMBA_STREAMS', '1')
    setXattrs([sambaStream(path, 'seen', 'x')])
    const report = await scanAll(folder)
    expect(namesOf(report)).toEqual([`${path}:seen`])
    expect(report.unreadable).toMatchObject([{ path, stream: null }])
    const carrier = await addon.openCarrier(folder, path, null)
    expect((await failureOf(carrier.list())).code).toBe('ADS_UNSUPPORTED')
  })
})
