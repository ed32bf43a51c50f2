/**
 * Machines that report everything they have as fast as central takes it. Frames are made before the clock starts,
 * so that what is measured is central. Its only argument is JSON of {@link SenderOptions}; tells its parent the result.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { WebSocket } from 'ws'
import { askToEnrol } from '../../../server/agent/trust/ask-to-enrol.ts'
import { MAX_DELTA_ENTRIES } from '../../../server/protocol/limits.ts'
import { type FrameToAgent, helloText } from '../../../server/protocol/link-frames.ts'
import { PROTOCOL_VERSION } from '../../../server/protocol/version.ts'
import { encodeDelta } from '../../../server/shared/frame-codec.ts'
import { syntheticFleet } from '../../lib/synthetic-fleet.ts'

export interface SenderOptions {
  readonly centralUrl: string
  readonly token: string
  readonly machines: number
  readonly streams: number
}

export interface SenderResult {
  readonly rows: number
  readonly bytes: number
  readonly seconds: number
}

const options: SenderOptions = JSON.parse(process.argv[2]!)
const fleet = syntheticFleet({ seed: 1, streamsPerMachine: options.streams })
const ready = []
for (let index = 0; index < options.machines; index++) ready.push(await prepare(index))

const startedMs = performance.now()
await Promise.all(ready.map((start) => start()))
const seconds = (performance.now() - startedMs) / 1_000
const bytes = ready.reduce((sum, start) => sum + start.bytes, 0)
process.send?.({ rows: options.machines * options.streams, bytes, seconds } satisfies SenderResult)
process.disconnect?.()

/** A machine that is connected and has its frames; started, it resolves when all is acknowledged. */
async function prepare(index: number): Promise<(() => Promise<void>) & { bytes: number }> {
  const frames = framesOf(index)
  const { socket, window } = await connect(index)
  const start = () =>
    new Promise<void>((resolve, reject) => {
      let sent = 0
      const sendUpTo = (end: number): void => {
        while (sent < Math.min(end, frames.length)) socket.send(frames[sent++]!)
      }
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as FrameToAgent
        if (frame.type === 'inventory.window') sendUpTo(sent + frame.window)
        if (frame.type !== 'inventory.ack') return
        sendUpTo(frame.sequence + frame.window)
        if (frame.sequence < frames.length) return
        socket.close()
        resolve()
      })
      socket.on('close', (code) => reject(new Error(`central closed with ${code}`)))
      sendUpTo(window)
    })
  return Object.assign(start, { bytes: frames.reduce((sum, frame) => sum + frame.length, 0) })
}

function framesOf(index: number): Buffer[] {
  const streams = fleet.streams(index)
  const frames: Buffer[] = []
  for (let from = 0; from < streams.length; from += MAX_DELTA_ENTRIES) {
    const upserts = streams.slice(from, from + MAX_DELTA_ENTRIES)
    const sequence = frames.length + 1
    frames.push(encodeDelta({ type: 'inventory.delta', sequence, resync: null, upserts, gone: [] }))
  }
  return frames
}

async function connect(index: number): Promise<{ socket: WebSocket; window: number }> {
  const keys = generateKeyPairSync('ed25519')
  const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const facts = fleet.facts(index)
  const { centralUrl, token } = options
  const { machineId } = await askToEnrol({ centralUrl, pins: [] }, { token, publicKey, facts })
  const socket = new WebSocket(`${centralUrl.replace('http', 'ws')}/agent/v1`, {
    perMessageDeflate: false,
  })
  const challenge = await next(socket, 'challenge')
  socket.send(JSON.stringify(hello(challenge.nonce, machineId, keys.privateKey, facts)))
  const { window } = await next(socket, 'welcome')
  // A ping keeps the connection while the other machines are made ready.
  setInterval(() => socket.ping(), 20_000).unref()
  return { socket, window }
}

function hello(nonce: string, machineId: string, key: KeyObject, facts: object): object {
  const text = Buffer.from(helloText(nonce, machineId, { protocol: PROTOCOL_VERSION }))
  const signature = sign(null, text, key).toString('base64')
  const epoch = randomBytes(16).toString('hex')
  return {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    machineId,
    signature,
    binding: null,
    nextKey: null,
    facts,
    epoch,
    isScanDue: false,
  }
}

function next<Type extends FrameToAgent['type']>(
  socket: WebSocket,
  type: Type,
): Promise<Extract<FrameToAgent, { type: Type }>> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as FrameToAgent
      if (frame.type === type) resolve(frame as Extract<FrameToAgent, { type: Type }>)
      else reject(new Error(`${frame.type} came, not ${type}`))
    })
  })
}
