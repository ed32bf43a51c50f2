/**
 * Records one conversation of a real agent with a real central, for test/fixtures/link: before a release whose
 * protocol version is new, so that later centrals are tested against what that release really says.
 *
 * usage: node scripts/record-link.ts FOLDER
 *
 * Three connections: a first one with a first scan, a change, requests and a strip; after a break without
 * goodbye, one that goes on; and one of an agent that has lost its state and says everything again. The agent's key is written along: it never was anybody's but the recording's.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { WebSocket, WebSocketServer } from 'ws'
import { loadAddon } from '../native/addon.ts'
import { enroll } from '../server/agent/enroll.ts'
import { startAgent } from '../server/agent/start-agent.ts'
import { startCentral } from '../server/central/start-central.ts'
import { systemClock } from '../server/shared/clock.ts'
import { CentralClient } from './lib/central-client.ts'
import { writeSambaStreams } from './lib/independent-disk.ts'
import { waitFor } from './lib/wait-for.ts'

const PASSWORD = 'correct horse battery staple'
const MARK = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://downloads.example.com/setup.exe\r\n'

/** One frame as it went over the wire. */
interface Line {
  connection: number
  from: 'agent' | 'central'
  text?: string
  /** Base64. */
  binary?: string
}

const folder = process.argv[2]
if (folder === undefined) {
  console.error('usage: node scripts/record-link.ts FOLDER')
  process.exit(2)
}
// A name that is the same with every recording: it shows in the frames.
const work = join(tmpdir(), 'sidestream-recording')
rmSync(work, { recursive: true, force: true })
const data = join(work, 'data')
const stateDir = join(work, 'state')
const lines: Line[] = []

mkdirSync(data, { recursive: true })
for (let i = 0; i < 12; i++) writeMarked(`setup-${i}.exe`)

const logger = pino({ level: 'silent' })
const common = { logger, clock: systemClock }
const central = await startCentral({
  ...common,
  dataDir: join(work, 'central'),
  host: '127.0.0.1',
  port: 0,
  adminPassword: PASSWORD,
  scanEverySeconds: 86_400,
})
const relay = await startRelay(central.url)
const client = new CentralClient(central.url)
await client.signIn('admin', PASSWORD)
const { token } = await client.createEnrolment(1)
await enroll({ stateDir, serverUrl: central.url, token, scope: [data], exclude: [], name: 'PC-1' })
const identityFile = join(stateDir, 'identity.json')
const identity = JSON.parse(readFileSync(identityFile, 'utf8'))
writeFileSync(identityFile, JSON.stringify({ ...identity, centralUrl: relay.url }))

const linkTimings = { reconnectMinMs: 20, reconnectMaxMs: 100 }
const agentOptions = { ...common, stateDir, addon: loadAddon(), linkTimings }
const agent = await startAgent(agentOptions)
const { machineId } = identity as { machineId: string }
await streamsAtCentral(12)
writeMarked('later.exe')
await client.startScan(machineId)
await streamsAtCentral(13)
const { streams } = await client.search('name:later.exe')
const { orderId } = await client.strip([streams[0]!.streamId], 1, 'recorded')
await waitFor(
  'the strip',
  async () => (await client.order(orderId)).state === 'finished' || undefined,
)
await streamsAtCentral(12)
relay.dropAll()
writeMarked('after-the-break.exe')
await waitFor('the agent to be back', () => isWelcomed(2) || undefined)
await client.startScan(machineId)
await streamsAtCentral(13)

await agent.close()

for (const file of readdirSync(stateDir)) {
  if (file.startsWith('state.db')) rmSync(join(stateDir, file))
}
const forgetful = await startAgent(agentOptions)
await waitFor('the agent to say all again', () => forgetful.status().lastScan !== null || undefined)
await waitFor('all to be acknowledged', () => forgetful.status().unacknowledged === 0 || undefined)
await waitFor('central to hear of the scan', async () => {
  const { lastScan } = await client.machine(machineId)
  return lastScan?.scanId === forgetful.status().lastScan?.scanId || undefined
})
await forgetful.close()
await relay.close()
await central.close()
mkdirSync(folder, { recursive: true })
const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
writeFileSync(join(folder, 'conversation.ndjson'), text)
writeFileSync(join(folder, 'agent-key.pem'), identity.privateKey)
rmSync(work, { recursive: true })
console.log(`${lines.length} frames in ${folder}`)

function writeMarked(name: string): void {
  const path = join(data, name)
  writeFileSync(path, `content of ${name}`)
  writeSambaStreams([{ path, stream: 'Zone.Identifier', bytes: Buffer.from(MARK) }])
}

function isWelcomed(connection: number): boolean {
  return lines.some((line) => line.connection === connection && line.text?.includes('"welcome"'))
}

async function streamsAtCentral(count: number): Promise<void> {
  await waitFor(`${count} streams at central`, async () => {
    const { machine, scanning } = await client.machine(machineId)
    return (machine.streamCount === count && scanning === null) || undefined
  })
}

/** Between agent and central, writing down what passes. */
async function startRelay(centralUrl: string) {
  const server = createServer()
  const sockets = new WebSocketServer({ server, path: '/agent/v1', perMessageDeflate: false })
  let connection = 0
  sockets.on('connection', (toAgent) => {
    connection += 1
    const number = connection
    const toCentral = new WebSocket(`${centralUrl.replace('http', 'ws')}/agent/v1`)
    const opened = new Promise((resolve) => toCentral.once('open', resolve))
    toCentral.on('message', (data: Buffer, isBinary) => {
      lines.push(toLine(number, 'central', data, isBinary))
      toAgent.send(data, { binary: isBinary })
    })
    toAgent.on('message', async (data: Buffer, isBinary) => {
      await opened
      lines.push(toLine(number, 'agent', data, isBinary))
      toCentral.send(data, { binary: isBinary })
    })
    toAgent.on('close', () => toCentral.terminate())
    toCentral.on('close', () => toAgent.terminate())
    toCentral.on('error', () => toAgent.terminate())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const dropAll = (): void => {
    for (const socket of sockets.clients) socket.terminate()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dropAll,
    close: async () => {
      dropAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function toLine(connection: number, from: Line['from'], data: Buffer, isBinary: boolean): Line {
  if (isBinary) return { connection, from, binary: data.toString('base64') }
  return { connection, from, text: data.toString() }
}
