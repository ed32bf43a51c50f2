/** Removing a stream, in every state that it and its carrier may be in by then. */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CarrierSnapshot, snapshotOf, withoutXattr } from '../../support/carrier-snapshot.ts'
import { OTHER_UID, runUnprivileged } from '../../support/child.ts'
import { isRoot } from '../../support/is-root.ts'
import { addon, failureOf, scanAll } from '../../support/native.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { removeXattr, sambaStream, setXattr, setXattrs } from '../../support/xattrs.ts'

const ZONE = '[ZoneTransfer]\r\nZoneId=3\r\n'
const KEY = 'user.DosStream.Zone.Identifier:$DATA'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const EXPECTED = { size: BigInt(ZONE.length), sha256: sha256(ZONE) }

interface Marked {
  readonly folder: string
  readonly path: string
  readonly identity: string
}

/** A file with old times, the mark, and everything beside it that must stay. */
async function markedFile(): Promise<Marked> {
  const folder = tempFolder()
  const path = join(folder, 'setup.exe')
  writeFileSync(path, 'MZ program')
  setXattrs([
    sambaStream(path, 'Zone.Identifier', ZONE),
    sambaStream(path, 'zone.identifier', 'another one: xattr names have case'),
    { path, name: 'user.DOSATTRIB', value: 'samba’s own' },
    { path, name: 'user.other', value: 'of somebody else' },
  ])
  spawnSync('touch', ['-d', '2001-02-03 04:05:06.123456789', path])
  spawnSync('touch', ['-a', '-d', '2002-02-03 04:05:06.987654321', path])
  const { streams } = await scanAll(folder)
  return { folder, path, identity: streams[0]!.identity }
}

async function strip({ folder, path, identity }: Marked): Promise<string> {
  const carrier = await addon.openCarrier(folder, path, identity)
  try {
    return await carrier.remove('Zone.Identifier', EXPECTED)
  } finally {
    carrier.close()
  }
}

const stripOrCode = (marked: Marked) => strip(marked).catch((error: { code: string }) => error.code)

describe('a strip', () => {
  it('of an unchanged stream removes exactly that xattr', async () => {
    const marked = await markedFile()
    const before = snapshotOf(marked.path)
    expect(await strip(marked)).toBe('done')
    expect(snapshotOf(marked.path)).toEqual(withoutXattr(before, KEY))
  })

  it('repeated after a lost answer says gone', async () => {
    const marked = await markedFile()
    await strip(marked)
    const before = snapshotOf(marked.path)
    expect(await strip(marked)).toBe('gone')
    expect(snapshotOf(marked.path)).toEqual(before)
  })

  it('of a folder keeps the folder', async () => {
    const folder = tempFolder()
    const path = join(folder, 'sub')
    mkdirSync(path)
    setXattrs([sambaStream(path, 'Zone.Identifier', ZONE), sambaStream(path, 'stays', '1')])
    const before = snapshotOf(path)
    expect(
      await strip({ folder, path, identity: (await scanAll(path)).streams[0]!.identity }),
    ).toBe('done')
    expect(snapshotOf(path)).toEqual(withoutXattr(before, KEY))
  })

  const STATES: [state: string, outcome: string, bring: (marked: Marked) => void][] = [
    ['that grew', 'changed', ({ path }) => setXattr(path, KEY, `${ZONE}more\0`)],
    ['that shrank', 'changed', ({ path }) => setXattr(path, KEY, '[ZoneTransfer]\0')],
    [
      'with other bytes of the same size',
      'changed',
      ({ path }) => setXattr(path, KEY, `${ZONE.replace('3', '2')}\0`),
    ],
    ['that is gone', 'gone', ({ path }) => removeXattr(path, KEY)],
    ['of a carrier that was replaced', 'ADS_IDENTITY_CHANGED', replaceCarrier],
    ['of a carrier that was swapped for a link', 'ADS_IDENTITY_CHANGED', swapForLink],
    ['whose folder was swapped for a link', 'ADS_NOT_FOUND', swapFolderForLink],
    ['of a carrier that is gone', 'ADS_NOT_FOUND', ({ path }) => renameSync(path, `${path}.moved`)],
  ]
  it.each(STATES)('of a stream %s answers %s and touches nothing', async (_, outcome, bring) => {
    const outer = await markedFile()
    const folder = join(outer.folder, 'inner')
    mkdirSync(folder)
    renameSync(outer.path, join(folder, 'setup.exe'))
    const marked = { ...outer, path: join(folder, 'setup.exe') }
    bring(marked)
    const before = snapshotAll(outer.folder)
    expect(await stripOrCode(marked)).toBe(outcome)
    expect(snapshotAll(outer.folder)).toEqual(before)
  })

  it('without the right to write is denied and touches nothing', async () => {
    const marked = await markedFile()
    // Its owner may not write it either.
    if (isRoot) chownSync(marked.path, OTHER_UID, OTHER_UID)
    chmodSync(marked.path, 0o444)
    const before = snapshotOf(marked.path)
    expect(stripUnprivileged(marked)).toBe('ADS_ACCESS_DENIED')
    expect(snapshotOf(marked.path)).toEqual(before)
  })

  it.runIf(isRoot)('of another user’s file is denied and touches nothing', async () => {
    const marked = await markedFile()
    const before = snapshotOf(marked.path)
    expect(stripUnprivileged(marked)).toBe('ADS_ACCESS_DENIED')
    expect(snapshotOf(marked.path)).toEqual(before)
  })

  it.runIf(isRoot)('by root works on a file that nobody may write', async () => {
    const marked = await markedFile()
    chmodSync(marked.path, 0o000)
    const before = snapshotOf(marked.path)
    expect(await strip(marked)).toBe('done')
    expect(snapshotOf(marked.path)).toEqual(withoutXattr(before, KEY))
  })

  it('of a name that two xattrs hold is refused, since it is not clear which is meant', async () => {
    const marked = await markedFile()
    setXattr(marked.path, 'user.DosStream.Zone.Identifier', `${ZONE}\0`)
    const before = snapshotOf(marked.path)
    expect(await stripOrCode(marked)).toBe('ADS_INVALID_NAME')
    expect(snapshotOf(marked.path)).toEqual(before)
  })

  it.each(['', '$DATA:', ':$DATA', 'a/b', 'a\\b', 'a\0b', 'Zone.Identifier:$DATA'])(
    'refuses the name %j',
    async (name) => {
      const marked = await markedFile()
      const before = snapshotOf(marked.path)
      const carrier = await addon.openCarrier(marked.folder, marked.path, null)
      expect((await failureOf(carrier.remove(name, EXPECTED))).code).toBe('ADS_INVALID_NAME')
      expect((await failureOf(carrier.create(name, new Uint8Array(1)))).code).toBe(
        'ADS_INVALID_NAME',
      )
      expect(snapshotOf(marked.path)).toEqual(before)
    },
  )

  it('takes only a whole expectation', async () => {
    const marked = await markedFile()
    const carrier = await addon.openCarrier(marked.folder, marked.path, null)
    const remove = carrier.remove.bind(carrier) as (...args: unknown[]) => unknown
    const { size, sha256 } = EXPECTED
    for (const expected of [undefined, {}, { size }, { sha256 }, { size: Number(size), sha256 }]) {
      expect(() => remove('Zone.Identifier', expected)).toThrow(TypeError)
    }
    expect(() => remove('Zone.Identifier', { size, sha256: sha256.toUpperCase() })).toThrow(
      TypeError,
    )
    expect(() => remove('Zone.Identifier', { size: -1n, sha256 })).toThrow(TypeError)
    expect(() => remove('Zone.Identifier', { size: 2n ** 64n, sha256 })).toThrow(TypeError)
    expect(await carrier.remove('Zone.Identifier', { size: 2n ** 64n - 1n, sha256 })).toBe(
      'changed',
    )
  })
})

function replaceCarrier({ path }: Marked): void {
  const other = `${path}.new`
  writeFileSync(other, 'another program')
  setXattrs([sambaStream(other, 'Zone.Identifier', ZONE)])
  rmSync(path)
  renameSync(other, path)
}

function swapForLink({ path }: Marked): void {
  renameSync(path, `${path}.real`)
  symlinkSync(`${path}.real`, path)
}

function swapFolderForLink({ folder }: Marked): void {
  renameSync(join(folder, 'inner'), join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'inner'))
}

function snapshotAll(folder: string): Record<string, CarrierSnapshot> {
  const { stdout } = spawnSync('find', [folder, '-type', 'f'], { encoding: 'utf8' })
  const paths = stdout.split('\n').filter(Boolean).sort()
  return Object.fromEntries(paths.map((path) => [path, snapshotOf(path)]))
}

function stripUnprivileged({ folder, path, identity }: Marked): string {
  return runUnprivileged<string>(
    `const carrier = await addon.openCarrier(args[0], args[1], args[2])
     const expected = { size: BigInt(args[3]), sha256: args[4] }
     return await carrier.remove('Zone.Identifier', expected).catch((error) => error.code)`,
    [folder, path, identity, String(EXPECTED.size), EXPECTED.sha256],
  )
}
