/**
 * Agents that are older than central: what a release really said, recorded once by scripts/record-link.ts, is
 * said to the present central again. Only the machine id, the hello's signature and the ids of requests and
 * targets are made to fit; central has to answer with frames of the recorded types and shapes.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type AnyHello, decodeHello } from '../../../server/central/link/greeting.ts'
import { helloText } from '../../../server/protocol/link-frames.ts'
import { parseFrame } from '../../../server/shared/frame-codec.ts'
import { type Fleet, openFleet, until } from './fleet.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/link')

interface Line {
  connection: number
  from: 'agent' | 'central'
  text?: string
  binary?: string
}

// biome-ignore lint/suspicious/noExplicitAny: frames of any version
type AnyFrame = any

function dataOf(line: Line): { data: Buffer; isBinary: boolean } {
  if (line.text !== undefined) return { data: Buffer.from(line.text), isBinary: false }
  return { data: Buffer.from(line.binary!, 'base64'), isBinary: true }
}

/** Of central's frames, which were never but compressed JSON. */
function frameOf(line: Line): AnyFrame {
  const { data, isBinary } = dataOf(line)
  return parseFrame(data, isBinary)
}

class RecordedAgent {
  readonly #fleet: Fleet
  readonly #key: KeyObject
  machineId = ''
  #socket!: WebSocket
  #came: AnyFrame[] = []
  /** The last request that came: what the recorded answer is to. */
  #request: AnyFrame

  constructor(fleet: Fleet, key: KeyObject) {
    this.#fleet = fleet
    this.#key = key
  }

  async enrol(facts: object): Promise<void> {
    const publicKey = createPublicKey(this.#key).export({ format: 'der', type: 'spki' })
    const body = {
      token: await this.#fleet.token(),
      publicKey: publicKey.toString('base64'),
      facts,
    }
    const answer = await this.#fleet.call('POST', '/agent/v1/enrol', body)
    expect(answer.status).toBe(200)
    this.machineId = answer.body.machineId
  }

  connect(): void {
    const socket = new WebSocket(`${this.#fleet.central.url.replace('http', 'ws')}/agent/v1`)
    this.#socket = socket
    this.#came = []
    socket.on('message', (data: Buffer, isBinary) => this.#came.push(parseFrame(data, isBinary)))
    socket.on('error', () => undefined)
    onTestFinished(() => socket.terminate())
  }

  /** Says what was recorded. */
  async say(line: Line): Promise<void> {
    const { data, isBinary } = dataOf(line)
    if (isBinary) return this.#socket.send(data)
    const frame = frameOf(line)
    if (frame.type === 'hello') return this.#hello(frame)
    if (frame.type === 'response') this.#fit(frame)
    this.#socket.send(JSON.stringify(frame))
  }

  async #hello(hello: AnyFrame): Promise<void> {
    const { nonce } = await this.next('challenge')
    const text = Buffer.from(helloText(nonce, this.machineId, hello))
    const signature = sign(null, text, this.#key).toString('base64')
    this.#socket.send(JSON.stringify({ ...hello, machineId: this.machineId, signature }))
  }

  #fit(response: AnyFrame): void {
    response.id = this.#request.id
    for (const [index, receipt] of (response.body.receipts ?? []).entries()) {
      receipt.targetId = this.#request.body.targets[index].targetId
    }
  }

  /** The first frame of this type, wherever in the order it came. */
  next(type: string): Promise<AnyFrame> {
    return until(() => {
      const index = this.#came.findIndex((frame) => frame.type === type)
      const [frame] = index < 0 ? [] : this.#came.splice(index, 1)
      if (frame?.type === 'request') this.#request = frame
      return frame
    })
  }

  close(): void {
    this.#socket.terminate()
  }
}

describe.each(readdirSync(FIXTURES))('an agent of protocol %s', (version) => {
  const lines = readFileSync(join(FIXTURES, version, 'conversation.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  const key = createPrivateKey(readFileSync(join(FIXTURES, version, 'agent-key.pem')))
  const hellos = lines
    .filter((line) => line.from === 'agent')
    .flatMap((line): AnyHello[] => {
      const { data, isBinary } = dataOf(line)
      try {
        return [decodeHello(data, isBinary)!]
      } catch {
        return []
      }
    })

  it('is served as it was by its own central', async () => {
    expect(hellos).toHaveLength(3)
    const fleet = await openFleet({ scanEverySeconds: 86_400 })
    const agent = new RecordedAgent(fleet, key)
    await agent.enrol(hellos[0]!.facts)
    let connection = 0
    for (const line of lines) {
      if (line.connection !== connection) {
        if (connection > 0) agent.close()
        connection = line.connection
        agent.connect()
      }
      if (line.from === 'agent') await agent.say(line)
      else await expectAnswer(fleet, agent, frameOf(line))
    }
    const { machine, lastScan } = (await fleet.get(`/machines/${agent.machineId}`)).body
    expect(machine).toMatchObject({ streamCount: 13, markCount: 13, lastScanState: 'complete' })
    expect(lastScan.streamsFound).toBe(13)
    expect((await fleet.search('name:after-the-break.exe')).total).toBe(1)
    expect((await fleet.search('', '&gone=only')).total).toBe(1)
  })
})

async function expectAnswer(fleet: Fleet, agent: RecordedAgent, recorded: AnyFrame): Promise<void> {
  if (recorded.type === 'challenge') return // consumed by the hello
  if (recorded.type === 'request') await provoke(fleet, agent, recorded)
  const frame = await agent.next(recorded.type)
  expect(Object.keys(frame).sort()).toEqual(Object.keys(recorded).sort())
  if (recorded.type === 'inventory.ack') expect(frame.sequence).toBe(recorded.sequence)
  if (recorded.type === 'welcome' && recorded.protocol === 1) expect(frame).toEqual(recorded)
  if (recorded.type === 'request') {
    expect([frame.method, frame.path]).toEqual([recorded.method, recorded.path])
    expect(Object.keys(frame.body).sort()).toEqual(Object.keys(recorded.body).sort())
  }
}

/** Makes central ask what it was asked to ask when this was recorded. */
async function provoke(fleet: Fleet, agent: RecordedAgent, request: AnyFrame): Promise<void> {
  if (request.path === '/v1/scan') {
    void fleet.post(`/machines/${agent.machineId}/scan`, {})
  } else if (request.path === '/v1/strip') {
    const { streams } = await fleet.search('name:later.exe')
    await fleet.order([streams[0]!.streamId])
  }
}
