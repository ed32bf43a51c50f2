/** Questions to a real agent over real files: answered from the disk as it is at that moment. */
import { randomUUID } from 'node:crypto'
import { linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { anAgent, aPlace, firstScan, type Place, post } from './support/agent-fixture.ts'
import { aCarrier, MARK, sha256 } from './support/carrier.ts'
import { removeStream, setStream, setStreams } from './support/streams.ts'

const MACHINE = {
  machineId: '11111111-1111-4111-8111-111111111111',
  hostname: 'PC-1',
  labels: ['finance'],
}
const LIMITS = { timeMs: 20_000, rows: 500, bytes: 1_000_000 }

async function aScannedAgent(place: Place, exclude: string[] = []) {
  const agent = await anAgent(place, { scope: [place.data], exclude })
  await firstScan(agent)
  const query = async (text: string, changes: object = {}) => {
    const body = { askId: randomUUID(), query: text, paths: [], machine: MACHINE, withHash: false }
    return post(agent, '/v1/query', { ...body, limits: LIMITS, ...changes })
  }
  const files = async (paths: string[], changes: object = {}) => {
    const body = { askId: randomUUID(), paths, content: null, timeMs: 20_000 }
    return post(agent, '/v1/files', { ...body, hashLimitBytes: 1_000_000, ...changes })
  }
  return { agent, query, files }
}

function manyCarriers(place: Place, count: number): void {
  const paths = Array.from({ length: count }, (_, index) => join(place.data, `file-${index}.exe`))
  for (const path of paths) writeFileSync(path, 'x')
  setStreams(paths.map((path) => ({ path, stream: 'Zone.Identifier', content: MARK })))
}

it('finds what no scan has seen yet, and not what is gone since', async () => {
  const place = aPlace('/dev/shm')
  const gone = aCarrier(place, 'gone.exe')
  const { query } = await aScannedAgent(place)
  removeStream(gone, 'Zone.Identifier')
  const late = aCarrier(place, 'late.exe')

  const { status, body } = await query('zone:3 machine:pc-1')
  expect(status).toBe(200)
  expect(body.rows).toMatchObject([
    { path: late, stream: 'Zone.Identifier', verdict: 'mark', sha256: null, origin: { id: 3 } },
  ])
  expect(body).toMatchObject({ stopped: null, unreadableCount: 0 })
  expect(body.places).toEqual([{ path: place.data, state: 'read', message: '' }])
})

it('hashes where that is asked for, so that contents can be searched', async () => {
  const place = aPlace('/dev/shm')
  aCarrier(place)
  const { query } = await aScannedAgent(place)
  const { body } = await query(`sha256:${sha256(MARK)}`, { withHash: true })
  expect(body.rows).toMatchObject([{ stream: 'Zone.Identifier', sha256: sha256(MARK) }])
})

it('reads only the asked paths, and nothing outside of its scope', async () => {
  const place = aPlace('/dev/shm')
  for (const folder of ['in', 'private', 'other']) mkdirSync(join(place.data, folder))
  mkdirSync(join(place.base, 'outside'))
  aCarrier(place, 'in/a.exe')
  aCarrier(place, 'other/b.exe')
  aCarrier(place, 'private/c.exe')
  const secret = join(place.base, 'outside', 'secret.exe')
  writeFileSync(secret, 'x')
  setStream(secret, 'Zone.Identifier', MARK)
  symlinkSync(join(place.base, 'outside'), join(place.data, 'in', 'link'))
  const { query } = await aScannedAgent(place, [join(place.data, 'private')])

  const inside = join(place.data, 'in')
  const paths = [
    inside,
    join(inside, 'a.exe'),
    join(place.data, 'private'),
    join(place.base, 'outside'),
    `${inside}/../../outside`,
    join(place.data, 'nowhere'),
  ]
  const { body } = await query('zone:3', { paths })
  expect(body.rows.map((row: { path: string }) => row.path)).toEqual([join(inside, 'a.exe')])
  expect(body.places.map(({ state }: { state: string }) => state)).toEqual([
    'read',
    'outside-scope',
    'outside-scope',
    'outside-scope',
    'absent',
  ])
  const throughLink = await query('zone:3', { paths: [join(inside, 'link')] })
  expect(throughLink.body).toMatchObject({ rows: [], places: [{ state: 'outside-scope' }] })
})

it('stops at its row and byte limits, and says by which', async () => {
  const place = aPlace('/dev/shm')
  manyCarriers(place, 40)
  const { query } = await aScannedAgent(place)
  const rows = await query('zone:3', { limits: { ...LIMITS, rows: 10 } })
  expect(rows.body).toMatchObject({ stopped: 'rows', places: [{ state: 'cut-short' }] })
  expect(rows.body.rows).toHaveLength(10)
  const exact = await query('zone:3', { limits: { ...LIMITS, rows: 40 } })
  expect(exact.body).toMatchObject({ stopped: null, places: [{ state: 'read' }] })
  const bytes = await query('zone:3', { limits: { ...LIMITS, bytes: 4_096 } })
  expect(bytes.body.stopped).toBe('bytes')
  expect(JSON.stringify(bytes.body.rows).length).toBeLessThan(4_200)
  expect(bytes.body.rows.length).toBeGreaterThan(3)
})

it('stops at its time limit, and when it is cancelled, without claiming more than it saw', async () => {
  const place = aPlace('/dev/shm')
  manyCarriers(place, 6_000)
  const { agent, query } = await aScannedAgent(place)
  const late = await query('zone:4', { limits: { ...LIMITS, timeMs: 100 }, withHash: true })
  // On a fast disk a tenth of a second may do; what matters is that it says which.
  if (late.body.stopped === null) expect(late.body.streamsSeen).toBe(6_000)
  else expect(late.body).toMatchObject({ stopped: 'time', places: [{ state: 'cut-short' }] })

  const askId = randomUUID()
  const running = query('zone:4', { askId, withHash: true })
  const { body } = await post(agent, '/v1/query/cancel', { askId })
  const answer = await running
  if (body.wasRunning) expect(answer.body.stopped).toBe('cancelled')
  expect((await post(agent, '/v1/query/cancel', { askId })).body).toEqual({ wasRunning: false })
})

it('answers two questions at a time and refuses a third, so that orders get through', async () => {
  const place = aPlace('/dev/shm')
  manyCarriers(place, 6_000)
  const { query } = await aScannedAgent(place)
  const all = await Promise.all([query('zone:4'), query('zone:4'), query('zone:4')])
  expect(all.map(({ status }) => status).sort()).toEqual([200, 200, 503])
  expect(all.find(({ status }) => status === 503)?.body.code).toBe('AGENT_BUSY')
  expect((await query('zone:4')).status).toBe(200)
})

it('has no policies of Windows to tell elsewhere', async () => {
  const { agent } = await aScannedAgent(aPlace())
  const answer = await post(agent, '/v1/attachment-policies', {})
  expect(answer).toMatchObject({ status: 200, body: { policies: [], unreadUsers: 0 } })
})

it('refuses what it cannot answer truly', async () => {
  const place = aPlace('/dev/shm')
  const { query } = await aScannedAgent(place)
  expect((await query('zone:3 -first:<7d')).body.code).toBe('QUERY_NOT_LIVE')
  expect((await query('gone:*')).body.code).toBe('QUERY_NOT_LIVE')
  expect((await query('zone:')).body.code).toBe('QUERY_INVALID')
})

it('says marked, unmarked, absent and outside of named files', async () => {
  const place = aPlace('/dev/shm')
  const marked = aCarrier(place, 'marked.exe')
  const unmarked = aCarrier(place, 'unmarked.exe')
  removeStream(unmarked, 'Zone.Identifier')
  const folder = join(place.data, 'folder')
  mkdirSync(folder)
  const { files } = await aScannedAgent(place)

  const absent = join(place.data, 'absent.exe')
  const { body } = await files([marked, unmarked, absent, '/etc/hostname', folder])
  expect(body.stopped).toBeNull()
  expect(body.files).toMatchObject([
    { path: marked, state: 'marked', origin: { id: 3, hostUrl: 'https://example.com/setup.exe' } },
    { path: unmarked, state: 'unmarked', streams: ['Other'], origin: null, isSameContent: null },
    { path: absent, state: 'absent' },
    { path: '/etc/hostname', state: 'outside-scope' },
    { path: folder, state: 'unmarked', sizeBytes: null },
  ])
})

it('compares contents by hash only where size and limit allow, and leaves the access time alone', async () => {
  const place = aPlace('/dev/shm')
  const path = aCarrier(place, 'setup.exe')
  linkSync(path, join(place.data, 'copy.exe'))
  const { files } = await aScannedAgent(place)
  const before = lstatSync(path, { bigint: true }).atimeNs
  const content = 'content of setup.exe'
  const ask = async (asked: object, more: object = {}) =>
    (await files([path], { content: asked, ...more })).body.files[0]

  const right = { sha256: sha256(content), sizeBytes: content.length }
  expect(await ask(right)).toMatchObject({ isSameContent: true, sizeBytes: content.length })
  expect(await ask({ ...right, sizeBytes: null })).toMatchObject({ isSameContent: true })
  expect(await ask({ ...right, sha256: sha256('x') })).toMatchObject({ isSameContent: false })
  expect(await ask({ ...right, sizeBytes: 1 })).toMatchObject({ isSameContent: false })
  expect(await ask(right, { hashLimitBytes: 5 })).toMatchObject({
    isSameContent: null,
    message: 'The file is too large to be hashed.',
  })
  expect(lstatSync(path, { bigint: true }).atimeNs).toBe(before)
})

it('says unreadable, and not absent, where it cannot look', async () => {
  const place = aPlace('/dev/shm')
  symlinkSync('loop', join(place.data, 'loop'))
  const { files, query } = await aScannedAgent(place)
  const path = join(place.data, 'loop', 'setup.exe')
  expect((await files([path])).body.files).toMatchObject([{ state: 'unreadable' }])
  expect((await query('', { paths: [path] })).body.places).toMatchObject([{ state: 'failed' }])
})
