import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import { Inventory } from '../../../server/agent/inventory/inventory.ts'
import { ScanRunner } from '../../../server/agent/scan/scan-runner.ts'
import { Scope } from '../../../server/agent/scan/scope.ts'
import { openState } from '../../../server/agent/state/open-state.ts'
import type { ScanSummary } from '../../../server/protocol/scan.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import {
  aCentral,
  anAgent,
  aPlace,
  enrolled,
  firstScan,
  get,
  type Place,
  rescan,
} from './support/agent-fixture.ts'
import { removeStream, setStream, setStreams } from './support/streams.ts'
import { until } from './support/until.ts'

const MARK = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.com/setup.exe\r\n'

function markedFile(place: Place, name: string): string {
  const path = join(place.data, name)
  writeFileSync(path, `content of ${name}`)
  setStream(path, 'Zone.Identifier', MARK)
  return path
}

describe('an agent and its central', () => {
  it('reports what a scan finds, with origin, verdict and hash', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const path = markedFile(place, 'setup.exe')
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 1)
    expect([...central.inventory.values()][0]).toMatchObject({
      path,
      links: [path],
      stream: 'Zone.Identifier',
      kind: 'file',
      sizeBytes: MARK.length,
      origin: { id: 3, hostUrl: 'https://example.com/setup.exe' },
      verdict: 'mark',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    await until(() => central.scans.length > 0)
    expect(central.scans[0]).toMatchObject({ state: 'complete', streamsFound: 1 })
    await until(() => agent.status().unacknowledged === 0)
    expect(agent.status()).toMatchObject({ link: 'connected', linkMessage: '', streamsKnown: 1 })
    expect((await get(agent, '/v1/status')).body).toEqual(agent.status())
  })

  it('says that a scan has finished only when central has all that it found', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    markedFile(place, 'setup.exe')
    central.isSilent = true
    const agent = await anAgent(place)
    await firstScan(agent)
    await until(() => central.inventory.size === 1)
    expect(central.scans).toEqual([])
    central.isSilent = false
    central.dropConnections()
    await until(() => central.scans.length === 1)
    expect(agent.status().unacknowledged).toBe(0)
  })

  it('reports additions, changes and what is gone, once each', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const kept = markedFile(place, 'kept')
    const changed = markedFile(place, 'changed')
    const stripped = markedFile(place, 'stripped')
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 3 && agent.status().unacknowledged === 0)
    central.deltas.length = 0
    setStream(changed, 'Zone.Identifier', '[ZoneTransfer]\r\nZoneId=4\r\n')
    removeStream(stripped, 'Zone.Identifier')
    const added = markedFile(place, 'added')
    await rescan(agent)
    await until(() => agent.status().unacknowledged === 0)
    const named = central.deltas.flatMap((delta) => [...delta.upserts, ...delta.gone])
    expect(named).toHaveLength(3)
    expect(central.streams()).toEqual(
      [added, changed, kept].sort().map((path) => `${path}:Zone.Identifier`),
    )
    expect(agent.status().streamsKnown).toBe(3)
  })

  it('sends nothing again after central restarts, and misses nothing that changed meanwhile', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    markedFile(place, 'a')
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 1 && agent.status().unacknowledged === 0)
    await central.stop()
    central.deltas.length = 0
    markedFile(place, 'b')
    await rescan(agent)
    await central.listen()
    await until(() => central.inventory.size === 2)
    expect(central.comparisons).toBe(0)
    expect(central.deltas.flatMap((delta) => delta.upserts)).toHaveLength(1)
  })

  it('sends nothing again after its own restart', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    markedFile(place, 'a')
    const first = await anAgent(place)
    await until(() => central.inventory.size === 1 && first.status().unacknowledged === 0)
    await first.close()
    central.deltas.length = 0
    const second = await anAgent(place)
    await firstScan(second)
    const { scanId } = second.status().lastScan!
    await until(() => central.scans.some((scan) => scan.scanId === scanId))
    expect(central.deltas).toEqual([])
    expect(central.comparisons).toBe(0)
  })

  it('starts without central and delivers once it is there', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    await central.stop()
    markedFile(place, 'a')
    const agent = await anAgent(place)
    await firstScan(agent)
    expect(agent.status()).toMatchObject({ streamsKnown: 1, unacknowledged: 1 })
    await until(() => agent.status().linkMessage.includes('ECONNREFUSED'))
    await central.listen()
    await until(() => central.inventory.size === 1 && agent.status().unacknowledged === 0)
  })

  it('sends nothing again when an acknowledgement is lost', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    markedFile(place, 'a')
    central.loseNextAck = true
    const agent = await anAgent(place)
    await until(() => central.hellos.length === 2 && agent.status().unacknowledged === 0)
    expect(central.inventory.size).toBe(1)
    expect(central.deltas).toHaveLength(1)
    expect(central.comparisons).toBe(0)
  })

  it('repairs what central holds otherwise, and sends nothing else again', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const paths = Array.from({ length: 200 }, (_, i) => join(place.data, `file-${i}`))
    for (const path of paths) writeFileSync(path, 'content')
    setStreams(paths.map((path) => ({ path, stream: 'Zone.Identifier', content: MARK })))
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 200 && agent.status().unacknowledged === 0)
    const [key, stream] = [...central.inventory][0]!
    central.inventory.set(`${key}-stale`, { ...stream, stream: 'stale' })
    central.deltas.length = 0
    central.dropConnections()
    await until(() => central.comparisons === 1 && central.inventory.size === 200)
    expect(central.deltas.at(-1)?.resync?.isLast).toBe(true)
    expect(central.deltas.flatMap((delta) => delta.upserts).length).toBeLessThan(50)
    await until(() => agent.status().unacknowledged === 0)
  })

  it('cuts a large inventory into deltas within the limits, with growing sequences', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const streams = []
    for (let i = 0; i < 1_300; i++) {
      const path = join(place.data, `file-${i}`)
      writeFileSync(path, '')
      streams.push({ path, stream: 'Zone.Identifier', content: MARK })
    }
    setStreams(streams)
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 1_300 && agent.status().unacknowledged === 0)
    const sequences = central.deltas.map((delta) => delta.sequence)
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b))
    expect(new Set(sequences).size).toBe(sequences.length)
    expect(Math.max(...central.deltas.map((delta) => delta.upserts.length))).toBeLessThanOrEqual(
      500,
    )
    expect(central.deltas.flatMap((delta) => delta.upserts)).toHaveLength(1_300)
  })

  it('keeps names that are not well formed, on their way to central and back to the disk', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const path = join(place.data, 'carrier')
    writeFileSync(path, '')
    setStream(path, Buffer.from([0x61, 0xff, 0x62]), 'odd')
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 1)
    const stream = [...central.inventory.values()][0]!
    expect(stream.stream).toBe('a\udcffb')
    const { volumeId, identity } = stream
    const body = { volumeId, identity, path, stream: stream.stream, offset: 0, length: 100 }
    const answer = await central.request('POST', '/v1/read', body)
    expect(answer.status).toBe(200)
    expect((answer.body as { contentBase64: string }).contentBase64).toBe(btoa('odd'))
    await agent.close()
    const again = await anAgent(place)
    await firstScan(again)
    expect(central.deltas.flatMap((delta) => delta.upserts)).toHaveLength(1)
  })

  it('answers central and the local socket from the same routes', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const agent = await anAgent(place)
    await firstScan(agent)
    await until(() => agent.status().link === 'connected')
    const remote = await central.request('GET', '/v1/status', null)
    expect(remote).toMatchObject({ status: 200, body: { link: 'connected' } })
    const unknown = await central.request('GET', '/v1/nothing', null)
    expect(unknown).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } })
    const bad = await central.request('POST', '/v1/read', { path: 'x' })
    expect(bad).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
    const scan = await central.request('POST', '/v1/scan', null)
    expect(scan).toMatchObject({ status: 200, body: { isNew: true } })
  })

  it('forgets a scope root that was taken out of the config', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const other = join(place.base, 'other')
    mkdirSync(other)
    markedFile(place, 'a')
    writeFileSync(join(other, 'b'), '')
    setStream(join(other, 'b'), 'Zone.Identifier', MARK)
    const both = await anAgent(place, { scope: [place.data, other] })
    await until(() => central.inventory.size === 2 && both.status().unacknowledged === 0)
    await both.close()
    await anAgent(place, { scope: [place.data] })
    await until(() => central.inventory.size === 1)
    expect(central.streams()).toEqual([`${join(place.data, 'a')}:Zone.Identifier`])
  })

  it('keeps the streams of a root that cannot be scanned, and says so', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    markedFile(place, 'a')
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 1 && agent.status().unacknowledged === 0)
    renameSync(place.data, `${place.data}-away`)
    await rescan(agent)
    expect(agent.status()).toMatchObject({
      streamsKnown: 1,
      unacknowledged: 0,
      lastScan: { state: 'failed', unreadable: [{ path: place.data }] },
    })
  })

  it('follows a carrier that was renamed, without calling it gone', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const before = markedFile(place, 'before')
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 1 && agent.status().unacknowledged === 0)
    central.deltas.length = 0
    renameSync(before, join(place.data, 'after'))
    await rescan(agent)
    await until(() => agent.status().unacknowledged === 0)
    expect(central.deltas.flatMap((delta) => delta.gone)).toEqual([])
    expect(central.streams()).toEqual([`${join(place.data, 'after')}:Zone.Identifier`])
  })

  it('answers a second scan request with the scan that runs', async () => {
    const place = aPlace()
    const addon = loadAddon()
    const state = openState(place.stateDir)
    onTestFinished(() => state.close())
    const finished: ScanSummary[] = []
    const runner = new ScanRunner({
      addon,
      scope: new Scope(addon, [place.data], []),
      inventory: new Inventory(state),
      scans: state.scans,
      clock: systemClock,
      logger: createLogger('agent', 'silent'),
      limits: { hashLimitBytes: 1_000 },
      pace: {},
      patience: null,
    })
    runner.listen({ progress: () => {}, finished: (summary) => void finished.push(summary) })
    const first = runner.start()
    const second = runner.start()
    expect([first.isNew, second]).toEqual([true, { scanId: first.scanId, isNew: false }])
    expect(runner.progress()?.scanId).toBe(first.scanId)
    await until(() => finished.length === 1)
    expect(runner.start()).toMatchObject({ isNew: true })
    await runner.close()
    expect(finished.map(({ state }) => state)).toEqual(['complete', 'cancelled'])
    expect(finished[0]?.scanId).toBe(first.scanId)
  })
})
