/** Creating a stream: a restore from quarantine. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { snapshotOf } from '../../support/carrier-snapshot.ts'
import { addon, failureOf } from '../../support/native.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { readXattrs, setXattr } from '../../support/xattrs.ts'

async function plainFile() {
  const folder = tempFolder()
  const path = join(folder, 'file')
  writeFileSync(path, 'content')
  spawnSync('touch', ['-d', '2001-02-03 04:05:06.123456789', path])
  return { folder, path, carrier: await addon.openCarrier(folder, path, null) }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('creating a stream', () => {
  it.each([
    ['no bytes', new Uint8Array()],
    ['bytes that end like a marker', Uint8Array.of(1, 2, 3)],
    ['3000 bytes', new Uint8Array(3000).fill(7)],
  ])('of %s gives what Samba would have written, and it reads back the same', async (_, bytes) => {
    const { path, carrier } = await plainFile()
    await carrier.create('s', bytes)
    expect(readXattrs(path)['user.DosStream.s:$DATA']).toEqual(Buffer.concat([bytes, Buffer.of(0)]))
    expect(await carrier.hash('s')).toBe(sha256(bytes))
    expect(await carrier.list()).toMatchObject([{ name: 's', size: BigInt(bytes.length) }])
  })

  it('and removing it leaves the carrier as it was', async () => {
    const { path, carrier } = await plainFile()
    const before = snapshotOf(path)
    const bytes = Buffer.from('x')
    await carrier.create('Zone.Identifier', bytes)
    expect(await carrier.remove('Zone.Identifier', { size: 1n, sha256: sha256(bytes) })).toBe(
      'done',
    )
    expect(snapshotOf(path)).toEqual(before)
  })

  it('works on a folder', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'sub'))
    const carrier = await addon.openCarrier(folder, join(folder, 'sub'), null)
    expect(carrier.kind).toBe('directory')
    await carrier.create('s', Buffer.from('x'))
    expect(Object.keys(readXattrs(join(folder, 'sub')))).toEqual(['user.DosStream.s:$DATA'])
  })

  it.each(['user.DosStream.s:$DATA', 'user.DosStream.s:$data', 'user.DosStream.s'])(
    'never overwrites one that is there as %s',
    async (key) => {
      const { path, carrier } = await plainFile()
      setXattr(path, key, 'old\0')
      const before = snapshotOf(path)
      expect((await failureOf(carrier.create('s', Buffer.from('new')))).code).toBe('ADS_EXISTS')
      expect(snapshotOf(path)).toEqual(before)
    },
  )

  it('that the kernel cannot hold is ADS_NO_SPACE and leaves nothing', async () => {
    const { path, carrier } = await plainFile()
    const before = snapshotOf(path)
    const failure = await failureOf(carrier.create('big', new Uint8Array(65536)))
    expect(failure.code).toBe('ADS_NO_SPACE')
    expect(snapshotOf(path)).toEqual(before)
  })

  const isExt4 =
    spawnSync('stat', ['-f', '-c', '%T', '/tmp'], { encoding: 'utf8' }).stdout === 'ext2/ext3\n'
  it.runIf(isExt4)('that ext4 has no block for is ADS_NO_SPACE and leaves nothing', async () => {
    const { path, carrier } = await plainFile()
    const before = snapshotOf(path)
    const failure = await failureOf(carrier.create('big', new Uint8Array(60000)))
    expect(failure).toMatchObject({ code: 'ADS_NO_SPACE', systemCode: 28 })
    expect(snapshotOf(path)).toEqual(before)
  })

  it('takes bytes and nothing else', async () => {
    const { carrier } = await plainFile()
    const create = carrier.create.bind(carrier) as (...args: unknown[]) => unknown
    for (const bytes of ['text', [1, 2], new Uint16Array(1), new ArrayBuffer(1), null]) {
      expect(() => create('s', bytes)).toThrow(TypeError)
    }
  })
})

describe('reading', () => {
  it('gives the part asked for, and nothing past the end', async () => {
    const { carrier } = await plainFile()
    await carrier.create('s', Buffer.from('0123456789'))
    const read = async (offset: number, length: number) =>
      Buffer.from(await carrier.read('s', offset, length)).toString()
    expect(await read(0, 4)).toBe('0123')
    expect(await read(8, 4)).toBe('89')
    expect(await read(10, 4)).toBe('')
    expect(await read(Number.MAX_SAFE_INTEGER, 4)).toBe('')
    expect(() => carrier.read('s', -1, 4)).toThrow(TypeError)
    expect(() => carrier.read('s', 0, 2 ** 40)).toThrow(TypeError)
  })

  it('of a stream that is not there is ADS_NOT_FOUND', async () => {
    const { carrier } = await plainFile()
    expect((await failureOf(carrier.read('s', 0, 1))).code).toBe('ADS_NOT_FOUND')
    expect((await failureOf(carrier.hash('\ud800'))).code).toBe('ADS_NOT_FOUND')
  })
})
