/** Strip, reduce and mark, and the way back of each, by real agents over real streams. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allowEverything } from '../agent/support/policy.ts'
import { getStream, removeStream, setStream } from '../agent/support/streams.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { targetRows } from './order-making.ts'
import { aRealAgent } from './real-agent.ts'

const NAME = 'Zone.Identifier'
const ORIGIN = 'HostUrl=https://dl.vendor.example/setup.exe\r\n'
const MARK = `[ZoneTransfer]\r\nZoneId=3\r\n${ORIGIN}`
const REDUCED = '[ZoneTransfer]\r\nZoneId=3\r\n'

const setMark = (path: string, content = MARK) => setStream(path, NAME, content)
const markOf = (path: string) => getStream(path, NAME)?.toString() ?? null

async function machineWithMark(fleet: Fleet, isOpen = true) {
  let path = ''
  await aRealAgent(fleet, 'PC-1', (place) => {
    if (isOpen) allowEverything(place)
    path = join(place.data, 'setup.exe')
    writeFileSync(path, 'MZ')
    setMark(path)
  })
  const [row] = await until(async () => {
    const { streams } = await fleet.search('')
    return streams[0]?.isStrippable ? streams : undefined
  })
  return { path, row: row! }
}

async function carriedOut(fleet: Fleet, request: object): Promise<string> {
  const { previewId, targetCount } = await fleet.preview(request)
  expect(targetCount).toBe(1)
  const order = { previewId, confirmCount: 1, reason: 'to try it' }
  const { orderId } = (await fleet.post('/orders', order)).body
  await fleet.finished(orderId)
  return orderId
}

const outcomeOf = async (fleet: Fleet, orderId: string) => (await targetRows(fleet, orderId))[0]!

async function undone(fleet: Fleet, orderId: string): Promise<string> {
  const undo = { confirmCount: 1, reason: 'back again' }
  const { body } = await fleet.post(`/orders/${orderId}/undo`, undo)
  expect(body.undoes).toBe(orderId)
  await fleet.finished(body.orderId)
  return body.orderId
}

describe('a real agent', () => {
  it('strips, and puts back to the byte', async () => {
    const fleet = await openFleet()
    const { path, row } = await machineWithMark(fleet)
    const selection = { streamIds: [row.streamId] }
    const orderId = await carriedOut(fleet, { action: 'strip', selection })
    expect(markOf(path)).toBe(null)
    await undone(fleet, orderId)
    expect(markOf(path)).toBe(MARK)
  })

  it('reduces to the zone, and puts back to the byte', async () => {
    const fleet = await openFleet()
    const { path } = await machineWithMark(fleet)
    const selection = { query: 'zone:3' }
    const orderId = await carriedOut(fleet, { action: 'reduce', selection })
    expect([markOf(path), (await outcomeOf(fleet, orderId)).state]).toEqual([REDUCED, 'done'])
    await undone(fleet, orderId)
    expect(markOf(path)).toBe(MARK)
  })

  it('marks what a strip took the mark of, and takes off exactly what it wrote', async () => {
    const fleet = await openFleet()
    const { path, row } = await machineWithMark(fleet)
    const stripped = await carriedOut(fleet, {
      action: 'strip',
      selection: { streamIds: [row.streamId] },
    })
    const origin = { zoneId: 3 }
    const selection = { doneOf: stripped }
    const marked = await carriedOut(fleet, { action: 'mark', selection, origin })
    expect(markOf(path)).toBe(REDUCED)
    const undo = await undone(fleet, marked)
    expect([markOf(path), (await outcomeOf(fleet, undo)).state]).toEqual([null, 'done'])
  })

  it('marks files by name, and the undo spares a mark that is another one by then', async () => {
    const fleet = await openFleet()
    const { path, row } = await machineWithMark(fleet)
    removeStream(path, NAME)
    const { machineId, volumeId, identity } = row
    const files = [{ machineId, volumeId, identity, path: row.path }]
    const origin = { zoneId: 2, hostUrl: 'https://intranet.example/a' }
    const marked = await carriedOut(fleet, { action: 'mark', selection: { files }, origin })
    expect(markOf(path)).toContain('ZoneId=2')
    setMark(path)
    const undo = await undone(fleet, marked)
    expect([markOf(path), (await outcomeOf(fleet, undo)).state]).toEqual([MARK, 'changed'])
  })

  it('refuses what its own policy does not allow, and says which rule', async () => {
    const fleet = await openFleet()
    const { path } = await machineWithMark(fleet, false)
    const request = { action: 'reduce', selection: { query: 'zone:3' } }
    const { warnings } = await fleet.preview(request)
    expect(warnings.map(({ code }) => code)).toEqual(['NETWORK_ZONE', 'POLICY_REFUSES'])
    const orderId = await carriedOut(fleet, request)
    const { state, reason } = await outcomeOf(fleet, orderId)
    expect([state, markOf(path)]).toEqual(['refused', MARK])
    expect(reason).toMatch(/polic/i)
  })

  it('touches nothing that is not what was frozen', async () => {
    const fleet = await openFleet()
    const { path, row } = await machineWithMark(fleet)
    const selection = { streamIds: [row.streamId] }
    const { previewId } = await fleet.preview({ action: 'strip', selection })
    const other = MARK.replace('ZoneId=3', 'ZoneId=2')
    setMark(path, other)
    const order = { previewId, confirmCount: 1, reason: 'to try it' }
    const { orderId } = (await fleet.post('/orders', order)).body
    await fleet.finished(orderId)
    expect([(await outcomeOf(fleet, orderId)).state, markOf(path)]).toEqual(['changed', other])
    expect(row.sha256).toBe(createHash('sha256').update(MARK).digest('hex'))
  })
})
