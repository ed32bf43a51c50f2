/** What smb.conf says about streams, as `smbConf` hands it over; xattrs are written by Python. */
import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addon, failureOf, namesOf, scanAll } from '../../support/native.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { readXattrs, setXattr, setXattrs } from '../../support/xattrs.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A folder with `share/file`, and beside it the smb.conf that a test writes. */
function place(lines: (share: string, folder: string) => string[]) {
  const folder = tempFolder()
  const share = join(folder, 'share')
  mkdirSync(share)
  const file = join(share, 'file')
  writeFileSync(file, 'content')
  const smbConf = join(folder, 'smb.conf')
  writeFileSync(smbConf, lines(share, folder).join('\n'))
  return { folder, share, file, hints: { smbConf } }
}

const MINE = 'streams_xattr:prefix = user.Mine.'
const shareSection = (share: string, ...more: string[]) => [
  '[share]',
  `path = ${share}`,
  'vfs objects = streams_xattr',
  ...more,
]

const DIALECTS: [what: string, lines: (share: string, folder: string) => string[]][] = [
  ['in the share', (share) => shareSection(share, MINE)],
  ['in [global], for all shares', (share) => ['[global]', MINE, ...shareSection(share)]],
  ['above any section, which is [global] too', (share) => [MINE, ...shareSection(share)]],
  [
    'in other case, with blanks, comments and joined lines',
    (share) => [
      '; streams_xattr:prefix = user.No.',
      ' [ Share ] ',
      `  PATH=${share}/ `,
      ' VFS Objects = catia, \\',
      '   fruit streams_xattr',
      '# a comment may end so \\',
      '\tStreams_Xattr : Prefix\t=\tuser.Mine.',
    ],
  ],
  ['by synonyms', (share) => ['[s]', `directory = ${share}`, 'vfs object = streams_xattr', MINE]],
  [
    'in a file that is included',
    (share, folder) => {
      writeFileSync(join(folder, 'more.conf'), shareSection(share, MINE).join('\n'))
      return [`include = ${folder}/more.conf`, `include = ${folder}/absent.conf`]
    },
  ],
  [
    'in a section that the share copies',
    (share, folder) => [
      '[base]',
      `path = ${folder}/base`,
      'vfs objects = streams_xattr',
      MINE,
      '[s]',
      'copy = base',
      `path = ${share}`,
    ],
  ],
  ['in a share whose path has a macro', (_, folder) => shareSection(`${folder}/%S`, MINE)],
  ['for home folders, wherever they are', () => ['[homes]', 'vfs objects = streams_xattr', MINE]],
  ['in a section written twice', (share) => [...shareSection(share), '[SHARE]', MINE]],
]

describe('a share’s own prefix', () => {
  it.each(DIALECTS)('is known when it stands %s', async (_, lines) => {
    const { share, file, hints } = place(lines)
    setXattr(file, 'user.Mine.Zone.Identifier:$DATA', 'zone\0')
    expect(namesOf(await scanAll(share))).toEqual([])
    const report = await scanAll(share, { hints })
    expect(namesOf(report)).toEqual([`${file}:Zone.Identifier`])
    expect(report.unreadable).toEqual([])
    expect(namesOf(await scanAll(file, { hints }))).toEqual([`${file}:Zone.Identifier`])
  })

  it('counts inside that share only, and Samba’s default counts everywhere', async () => {
    const { folder, share, file, hints } = place((share) => shareSection(share, MINE))
    const outside = join(folder, 'outside')
    writeFileSync(outside, '')
    for (const path of [file, outside]) {
      setXattr(path, 'user.Mine.mine:$DATA', '\0')
      setXattr(path, 'user.DosStream.default:$DATA', '\0')
    }
    expect(namesOf(await scanAll(folder, { hints }))).toEqual([
      `${outside}:default`,
      `${file}:default`,
      `${file}:mine`,
    ])
    expect(namesOf(await scanAll(share, { hints }))).toHaveLength(2)
  })

  it('of a share inside another is the inner one’s, and the outer one’s counts too', async () => {
    const { folder, share, file, hints } = place((share, folder) => [
      '[outer]',
      `path = ${folder}`,
      'vfs objects = streams_xattr',
      'streams_xattr:prefix = user.Outer.',
      ...shareSection(share, MINE),
    ])
    setXattr(file, 'user.Outer.o:$DATA', '\0')
    const carrier = await addon.openCarrier(folder, file, null, hints)
    await carrier.create('made', Buffer.from('x'))
    carrier.close()
    expect(readXattrs(file)['user.Mine.made:$DATA']?.toString('latin1')).toBe('x\0')
    expect(namesOf(await scanAll(share, { hints }))).toEqual([`${file}:made`, `${file}:o`])
  })

  it('that takes in every xattr leaves Samba’s own alone', async () => {
    const { share, file, hints } = place((share) =>
      shareSection(share, 'streams_xattr:prefix = user.'),
    )
    for (const name of ['stream:$DATA', 'DOSATTRIB', 'SAMBA_PAI', 'SAMBA_STREAMS', 'SmbReparse']) {
      setXattr(file, `user.${name}`, '\0')
    }
    expect(namesOf(await scanAll(share, { hints }))).toEqual([`${file}:stream`])
  })

  it.each([
    ['the default made from the prefix', [], 'user.MineExt.'],
    ['that of the share', ['streams_xattr:ext_prefix = user.Mine.more.'], 'user.Mine.more.'],
  ])('has extents under %s, which are no streams', async (_, more, extentPrefix) => {
    const { share, file, hints } = place((share) => shareSection(share, MINE, ...more))
    setXattrs([
      { path: file, name: 'user.Mine.big:$DATA', value: Buffer.from('one\x01', 'latin1') },
      { path: file, name: `${extentPrefix}1.big:$DATA`, value: 'two' },
    ])
    const { streams } = await scanAll(share, { hash: true, hints })
    expect(streams).toMatchObject([{ name: 'big', size: 6n, sha256: sha256('onetwo') }])
    const carrier = await addon.openCarrier(share, file, null, hints)
    expect(await carrier.remove('big', { size: 6n, sha256: sha256('onetwo') })).toBe('done')
    expect(readXattrs(file)).toEqual({})
  })

  it.each([
    ['with', 'yes', 'user.Mine.s:$DATA'],
    ['without', 'no', 'user.Mine.s'],
  ])('and a new stream is kept %s its type, as the share does', async (_, option, key) => {
    const { share, file, hints } = place((share) =>
      shareSection(share, MINE, `streams_xattr:store_stream_type = ${option}`),
    )
    const carrier = await addon.openCarrier(share, file, null, hints)
    await carrier.create('s', Buffer.from('x'))
    expect(Object.keys(readXattrs(file))).toEqual([key])
    expect(await carrier.list()).toMatchObject([{ name: 's', size: 1n }])
  })
})

const depotSection = (share: string, directory: string) => [
  '[share]',
  `path = ${share}`,
  'vfs objects = streams_depot',
  `streams_depot:directory = ${directory}`,
  'streams_depot:check_valid = no',
]

describe('a depot', () => {
  it.each([
    ['named after its share', (folder: string) => `${folder}/depot-%S`],
    ['named below its share’s folder', () => '%P/../depot-share'],
    ['behind a link of the administrator’s', (folder: string) => `${folder}/link/`],
  ])('is found when it is %s', async (_what, directory) => {
    const { share, folder, file } = place(() => [])
    mkdirSync(join(folder, 'depot-share'))
    symlinkSync('depot-share', join(folder, 'link'))
    const hintsFor = (name: string, depot: string) => {
      const smbConf = join(folder, name)
      writeFileSync(smbConf, depotSection(share, depot).join('\n'))
      return { smbConf }
    }
    const carrier = await addon.openCarrier(
      share,
      file,
      null,
      hintsFor('plain.conf', join(folder, 'depot-share')),
    )
    await carrier.create('made', Buffer.from('x'))
    carrier.close()
    const report = await scanAll(share, { hints: hintsFor('own.conf', directory(folder)) })
    expect([namesOf(report), report.unreadable]).toEqual([[`${file}:made`], []])
  })

  it('that is another one for each client is refused, with what to do', async () => {
    const { share, hints } = place((share, folder) => depotSection(share, `${folder}/%m`))
    const error = await failureOf(addon.probe(share, hints))
    expect(error.code).toBe('ADS_UNSUPPORTED')
    expect(error.message).toContain('another folder for each client')
  })
})

const REFUSED: [what: string, lines: string[], message: string][] = [
  ['shares in the registry', ['[global]', 'config backend = registry'], 'in the registry'],
  ['an included registry', ['include = registry'], 'includes the registry'],
  ['registry shares', ['registry shares = yes'], 'shares in the registry'],
  ['an include for each client', ['include = /etc/samba/%m.conf'], 'depends on the client'],
  ['another configuration', ['config file = /etc/other.conf'], 'another configuration'],
  ['a section that is not closed', ['[global'], 'without its ]'],
  ['a copy of nothing', ['[s]', 'copy = nowhere'], 'no section above it'],
]

describe('an smb.conf that does not say it all', () => {
  it.each(REFUSED)('is refused when named: %s', async (_, lines, message) => {
    const { share, hints } = place(() => lines)
    for (const call of [() => scanAll(share, { hints }), () => addon.probe(share, hints)]) {
      const error = await failureOf(call())
      expect(error.code).toBe('ADS_UNSUPPORTED')
      expect(error.message).toContain(message)
      expect(error.message).toContain('testparm -s')
    }
  })

  it('is refused when it includes itself, and when it is not there', async () => {
    const { share, folder, hints } = place((_, folder) => [`include = ${folder}/smb.conf`])
    expect((await failureOf(addon.probe(share, hints))).message).toContain('includes itself')
    const absent = { smbConf: join(folder, 'absent') }
    expect((await failureOf(addon.probe(share, absent))).code).toBe('ADS_NOT_FOUND')
  })
})
