/**
 * A process with many agents that answer every order at once: real connections, and no disk. Tells its parent when all
 * are connected, and when asked, how many targets it had answered at which time.
 */
import { createPrivateKey, randomBytes, sign } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { FrameToAgent, helloText, type RequestFrame } from '../../../server/protocol/link-frames.ts'
import type { StripRequest } from '../../../server/protocol/order.ts'
import { PROTOCOL_VERSION } from '../../../server/protocol/version.ts'
import { toTimestamp } from '../../../server/shared/clock.ts'
import { encodeToCentral, frameDecoder } from '../../../server/shared/frame-codec.ts'
import type { FilledMachine } from './fill-data.ts'

export interface AnsweringFleet {
  readonly centralUrl: string
  readonly machines: readonly FilledMachine[]
}

/** `[Date.now(), targets answered until then]`, rising. */
export type Answered = readonly (readonly [atMs: number, targets: number])[]

const NOTED_EVERY_MS = 10

const decode = frameDecoder<FrameToAgent>(FrameToAgent)
const answered: [number, number][] = [[0, 0]]
let welcomed = 0

process.on('message', (message: AnsweringFleet | 'answered') => {
  if (message === 'answered') process.send?.(answered)
  else void begin(message)
})
process.on('disconnect', () => process.exit(0))

async function begin({ centralUrl, machines }: AnsweringFleet): Promise<void> {
  for (const machine of machines) connect(centralUrl, machine)
  while (welcomed < machines.length) await sleep(100)
  process.send?.('connected')
}

function connect(centralUrl: string, machine: FilledMachine): void {
  const socket = new WebSocket(`${centralUrl.replace('http', 'ws')}/agent/v1`)
  let isWelcome = false
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    const frame = decode(data, isBinary)
    if (frame.type === 'challenge') socket.send(encodeToCentral(hello(machine, frame.nonce)))
    if (frame.type === 'request') socket.send(encodeToCentral(answer(frame)))
    if (frame.type === 'welcome') {
      isWelcome = true
      welcomed += 1
    }
  })
  socket.on('error', () => undefined)
  // Central admits so many a second; who was not lucky comes again.
  socket.on('close', () => {
    if (isWelcome) welcomed -= 1
    setTimeout(() => connect(centralUrl, machine), 500 + Math.random() * 1_000)
  })
}

function hello({ machineId, facts, privateKey }: FilledMachine, nonce: string): object {
  const proof = { binding: null, nextKey: null }
  const text = Buffer.from(helloText(nonce, machineId, { protocol: PROTOCOL_VERSION, ...proof }))
  return {
    ...proof,
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    machineId,
    signature: sign(null, text, createPrivateKey(privateKey)).toString('base64'),
    facts,
    epoch: randomBytes(16).toString('hex'),
    isScanDue: false,
  }
}

function answer({ id, body }: RequestFrame): object {
  const { targets } = body as StripRequest
  const at = toTimestamp(Date.now())
  const receipts = targets.map(({ targetId }) => ({
    ...{ targetId, outcome: 'done', reason: 'removed and verified' },
    at,
  }))
  note(targets.length)
  return { type: 'response', id, status: 200, body: { receipts } }
}

function note(targets: number): void {
  const [lastMs, before] = answered.at(-1)!
  const now = Date.now()
  if (now - lastMs < NOTED_EVERY_MS) answered.at(-1)![1] = before + targets
  else answered.push([now, before + targets])
}
