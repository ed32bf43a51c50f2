import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { holdLease } from '../../../scripts/lib/file-lease.ts'
import type { OrderTarget } from '../../../server/protocol/order.ts'
import { OTHER_UID } from '../../support/child.ts'
import { isRoot } from '../../support/is-root.ts'
import {
  aCentral,
  anAgent,
  aPlace,
  enrolled,
  type Place,
  post,
  rescan,
} from './support/agent-fixture.ts'
import { aCarrier, aStrip, aTarget, MARK, sha256, stateOf, withoutMark } from './support/carrier.ts'
import { aChildAgent } from './support/child-agent.ts'
import { quarantined, quarantineFiles } from './support/quarantine.ts'
import { getStream, removeStream, setStream } from './support/streams.ts'
import { until } from './support/until.ts'

/** Strips `target` on a fresh agent and says what came back. */
async function stripOnce(place: Place, target: OrderTarget) {
  const agent = await anAgent(place, { scope: [place.data] })
  const { status, body } = await post(agent, '/v1/strip', aStrip(target))
  expect(status).toBe(200)
  return body.receipts[0]
}

describe('strip', () => {
  it('removes exactly the named stream and keeps its bytes in quarantine', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const before = stateOf(path)
    const target = await aTarget(place.data, path)
    const receipt = await stripOnce(place, target)
    expect(receipt).toMatchObject({ targetId: target.targetId, outcome: 'done' })
    expect(stateOf(path)).toEqual(withoutMark(before))
    expect(quarantined(place).get(target.targetId)?.toString()).toBe(MARK)
    const mode = (name: string) => lstatSync(join(place.stateDir, name)).mode & 0o777
    expect([mode('.'), mode('state.db'), mode('quarantine')]).toEqual([0o700, 0o600, 0o700])
  })

  it('does nothing for an order that is over, and still says what it did for it before', async () => {
    const place = aPlace()
    const [first, second] = [aCarrier(place, 'first.exe'), aCarrier(place, 'second.exe')]
    const [done, unheard] = [await aTarget(place.data, first), await aTarget(place.data, second)]
    const agent = await anAgent(place, { scope: [place.data] })
    await post(agent, '/v1/strip', aStrip(done))
    const over = { ...aStrip(done, unheard), onlyIfBegun: true }
    const { body } = await post(agent, '/v1/strip', over)
    expect(body.receipts).toMatchObject([
      { outcome: 'done' },
      { outcome: 'refused', reason: expect.stringContaining('over') },
    ])
    expect(getStream(second, 'Zone.Identifier')?.toString()).toBe(MARK)
    expect([...quarantined(place).keys()]).toEqual([done.targetId])
  })

  it('removes an empty stream', async () => {
    const place = aPlace()
    const path = aCarrier(place, 'empty', '')
    const before = stateOf(path)
    expect(await stripOnce(place, await aTarget(place.data, path))).toMatchObject({
      outcome: 'done',
    })
    expect(stateOf(path)).toEqual(withoutMark(before))
  })

  it('removes a stream of 60 KiB and keeps every byte of it', async () => {
    const place = aPlace('/dev/shm')
    const content = randomBytes(60_000)
    const path = aCarrier(place)
    setStream(path, 'Zone.Identifier', content)
    const target = await aTarget(place.data, path)
    expect(await stripOnce(place, target)).toMatchObject({ outcome: 'done' })
    expect(quarantined(place).get(target.targetId)).toEqual(content)
    expect(quarantineFiles(place)).toEqual([target.targetId])
    expect(lstatSync(join(place.stateDir, 'quarantine', target.targetId)).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['grown', (path: string) => setStream(path, 'Zone.Identifier', `${MARK}more`), 'changed'],
    [
      'replaced by as many other bytes',
      (path: string) => setStream(path, 'Zone.Identifier', MARK.replace('Id=3', 'Id=4')),
      'changed',
    ],
    ['gone', (path: string) => removeStream(path, 'Zone.Identifier'), 'gone'],
  ])('touches nothing where the stream is %s', async (_state, alter, outcome) => {
    const place = aPlace()
    const path = aCarrier(place)
    const target = await aTarget(place.data, path)
    alter(path)
    const before = stateOf(path)
    expect(await stripOnce(place, target)).toMatchObject({ outcome })
    expect(stateOf(path)).toEqual(before)
    expect(quarantined(place).size).toBe(0)
  })

  it('touches nothing where the carrier was replaced by another file with the same stream', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const target = await aTarget(place.data, path)
    renameSync(aCarrier(place, 'twin'), path)
    const before = stateOf(path)
    expect(await stripOnce(place, target)).toMatchObject({ outcome: 'changed' })
    expect(stateOf(path)).toEqual(before)
    expect(quarantined(place).size).toBe(0)
  })

  it('answers gone where the carrier was deleted', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const target = await aTarget(place.data, path)
    unlinkSync(path)
    expect(await stripOnce(place, target)).toMatchObject({ outcome: 'gone' })
  })

  it('does not follow a symbolic link put in the place of the carrier', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const target = await aTarget(place.data, path)
    const moved = join(place.data, 'moved')
    renameSync(path, moved)
    symlinkSync(moved, path)
    const before = stateOf(moved)
    const { outcome } = await stripOnce(place, target)
    expect(['changed', 'gone', 'refused']).toContain(outcome)
    expect(stateOf(moved)).toEqual(before)
  })

  it('does not follow a symbolic link put in the place of a folder above', async () => {
    const place = aPlace()
    mkdirSync(join(place.data, 'folder'))
    const path = aCarrier(place, 'folder/file')
    const target = await aTarget(place.data, path)
    const outside = join(place.base, 'outside')
    renameSync(join(place.data, 'folder'), outside)
    symlinkSync(outside, join(place.data, 'folder'))
    const before = stateOf(join(outside, 'file'))
    const { outcome } = await stripOnce(place, target)
    expect(['changed', 'gone', 'refused']).toContain(outcome)
    expect(stateOf(join(outside, 'file'))).toEqual(before)
  })

  it('answers in-use where another process has a lease on the file, and touches nothing', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const target = await aTarget(place.data, path)
    const before = stateOf(path)
    const release = await holdLease(path)
    const receipt = await stripOnce(place, target)
    await release()
    expect(receipt).toMatchObject({ outcome: 'in-use' })
    expect(stateOf(path)).toEqual(before)
  })

  it.runIf(isRoot)('answers denied where the agent may not write (needs root)', async () => {
    const place = aPlace('/dev/shm')
    chmodSync(place.base, 0o755)
    const path = aCarrier(place)
    const target = await aTarget(place.data, path)
    mkdirSync(place.stateDir)
    chownSync(place.stateDir, OTHER_UID, OTHER_UID)
    const before = stateOf(path)
    const agent = await aChildAgent(place, { uid: OTHER_UID })
    const { body } = await agent.post('/v1/strip', aStrip(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'denied' })
    expect(stateOf(path)).toEqual(before)
    expect(quarantined(place).size).toBe(0)
  })

  it.each([
    'WofCompressedData',
    'AFP_Resource',
    '{a8a1c6a8-0e8f-4b2b-9c1c-0f1e2d3c4b5a}.SyncRootIdentity',
    '$DATA',
  ])('refuses %s, whoever ordered it', async (stream) => {
    const place = aPlace()
    const path = aCarrier(place)
    setStream(path, stream, 'never')
    const before = stateOf(path)
    const target = { ...(await aTarget(place.data, path)), stream }
    const receipt = await stripOnce(place, { ...target, sizeBytes: 5, sha256: sha256('never') })
    expect(receipt).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('never stripped'),
    })
    expect(stateOf(path)).toEqual(before)
  })

  it('takes no request that names the unnamed stream', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const target = { ...(await aTarget(place.data, path)), stream: '' }
    const agent = await anAgent(place, { scope: [place.data] })
    const { status, body } = await post(agent, '/v1/strip', aStrip(target))
    expect([status, body.code]).toEqual([400, 'REQUEST_INVALID'])
  })

  it('refuses what the config does not allow', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    mkdirSync(place.stateDir)
    const config = { scope: [place.data], allowedStreams: ['Smart*', 'zone.identifie?'] }
    writeFileSync(join(place.stateDir, 'agent.json'), JSON.stringify(config))
    const [other, mark] = [
      await aTarget(place.data, path, 'Other'),
      await aTarget(place.data, path),
    ]
    const agent = await anAgent(place)
    const { body } = await post(agent, '/v1/strip', aStrip(other, mark))
    expect(body.receipts.map((receipt: { outcome: string }) => receipt.outcome)).toEqual([
      'refused',
      'done',
    ])
    expect(getStream(path, 'Other')?.toString()).toBe('stays')
  })

  it('refuses paths outside its scope, however they are written', async () => {
    const place = aPlace()
    mkdirSync(join(place.base, 'data-too'))
    const path = aCarrier(place, '../data-too/file')
    const target = await aTarget(place.base, join(place.base, 'data-too/file'))
    const agent = await anAgent(place, { scope: [place.data] })
    for (const spelled of [target.path, `${place.data}/../data-too/file`]) {
      const again = { ...target, targetId: crypto.randomUUID() as never, path: spelled }
      const { body } = await post(agent, '/v1/strip', aStrip(again))
      expect(body.receipts[0]).toMatchObject({ outcome: 'refused' })
    }
    expect(getStream(path, 'Zone.Identifier')?.toString()).toBe(MARK)
  })

  it('refuses an image, which it only reads', async () => {
    const place = aPlace()
    const image = join(place.base, 'volume.img')
    writeFileSync(image, gunzipSync(readFileSync('test/fixtures/volumes/office-pc.img.gz')))
    const path = 'Users\\Public\\Downloads\\AcmeSetup-4.2.exe'
    const target = await aTarget(image, path)
    const before = sha256(readFileSync(image))
    const agent = await anAgent(place, { scope: [image] })
    const { body } = await post(agent, '/v1/strip', aStrip(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'refused' })
    expect(sha256(readFileSync(image))).toBe(before)
    const { volumeId, identity } = target
    const read = { volumeId, identity, path, stream: 'Zone.Identifier' }
    const answer = await post(agent, '/v1/read', read)
    expect(atob(answer.body.contentBase64)).toContain('HostUrl=https://downloads.acme.example/')
  })

  it.runIf(isRoot)(
    'fails with nothing touched where the quarantine is full (needs root)',
    async () => {
      const place = aPlace('/dev/shm')
      const path = aCarrier(place)
      setStream(path, 'Zone.Identifier', randomBytes(60_000))
      const quarantine = join(place.stateDir, 'quarantine')
      mkdirSync(quarantine, { recursive: true })
      const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', quarantine])
      expect(mount.status, `mount: ${mount.stderr}`).toBe(0)
      onTestFinished(() => void spawnSync('umount', ['-l', quarantine]))
      const target = await aTarget(place.data, path)
      const before = stateOf(path)
      expect(await stripOnce(place, target)).toMatchObject({
        outcome: 'failed',
        reason: expect.stringMatching(/Nothing was removed.*ENOSPC/),
      })
      expect(stateOf(path)).toEqual(before)
      expect(quarantined(place).size).toBe(0)
    },
  )

  it('tells central that the stream is gone without another scan', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const path = aCarrier(place)
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 2 && central.scans.length === 1)
    const target = await aTarget(place.data, path)
    const answer = await central.request('POST', '/v1/strip', aStrip(target))
    expect(answer.body).toMatchObject({ receipts: [{ outcome: 'done' }] })
    await until(() => central.inventory.size === 1)
    expect(central.streams()).toEqual([`${path}:Other`])
    expect(central.scans.length).toBe(1)
    await rescan(agent)
    await until(() => agent.status().unacknowledged === 0)
    expect(central.streams()).toEqual([`${path}:Other`])
  })
})
