/**
 * A small central that speaks the real frames over a real socket: enrols, checks the signature of a hello,
 * keeps an inventory as the protocol says, and can misbehave on demand.
 */
import { createPublicKey, randomBytes, randomUUID, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { EnrolRequest } from '../../../../server/protocol/enrolment.ts'
import {
  type FrameToAgent,
  helloText,
  type InventoryDelta,
  type ResponseFrame,
} from '../../../../server/protocol/link-frames.ts'
import type { ScanSummary } from '../../../../server/protocol/scan.ts'
import type { ReportedStream, StreamKey } from '../../../../server/protocol/stream.ts'
import { PROTOCOL_VERSION } from '../../../../server/protocol/version.ts'
import { encodeFrame } from '../../../../server/shared/frame-codec.ts'
import { bucketOf } from '../../../../server/shared/inventory-buckets.ts'
import {
  addToDigest,
  EMPTY_DIGEST,
  streamDigest,
} from '../../../../server/shared/inventory-digest.ts'
import { type AnyFrame as Frame, fromAgent } from '../../../support/link-frames.ts'
import { until } from './until.ts'

export const TOKEN = 'a-good-token-0123456789'

export class TestCentral {
  /** What central has committed: survives {@link restart}. */
  readonly inventory = new Map<string, ReportedStream>()
  readonly scans: ScanSummary[] = []
  readonly deltas: InventoryDelta[] = []
  readonly hellos: Extract<Frame, { type: 'hello' }>[] = []
  readonly progress: Frame[] = []
  readonly enrolled = new Map<string, string>()
  /** How often an agent found that we hold something else. */
  comparisons = 0
  /** Up to where the deltas of an epoch are committed. */
  resume = { epoch: '', sequence: 0 }
  window = 4
  scanAfterSeconds = 0
  scanEverySeconds = 31_536_000
  newestProtocol = PROTOCOL_VERSION
  /** A delta is committed and its ack lost with the connection. */
  loseNextAck = false
  /** Every delta is committed, none acknowledged. */
  isSilent = false
  /** Accepts connections and says nothing on them. */
  isMute = false
  accepted = 0
  /** No WebSocket at all: come back later. */
  busyForSeconds: number | null = null
  refusedUpgrades = 0
  /** Instead of a challenge. */
  refuseWith: number | null = null
  #server!: Server
  #sockets = new Set<WebSocket>()
  #open: WebSocket | null = null
  #port = 0
  #named: { id: string; keys: Set<string> } | null = null
  readonly #answers = new Map<string, (frame: ResponseFrame) => void>()

  static async start(): Promise<TestCentral> {
    const central = new TestCentral()
    await central.listen()
    return central
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        const [status, body] = this.#enrol(JSON.parse(Buffer.concat(chunks).toString()))
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      })
    })
    const sockets = new WebSocketServer({
      server: this.#server,
      path: '/agent/v1',
      verifyClient: (_info, decide) => {
        if (this.busyForSeconds === null) return decide(true)
        this.refusedUpgrades++
        decide(false, 503, 'busy', { 'retry-after': String(this.busyForSeconds) })
      },
    })
    sockets.on('connection', (socket) => this.#accept(socket))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** As a crash: sockets die without a close frame. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate()
    this.#open = null
    this.#server.close()
    await once(this.#server, 'close')
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.listen()
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.terminate()
    this.#open = null
  }

  /** The process hangs: connections stay, nothing is read from them. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause()
  }

  thaw(): void {
    for (const socket of this.#sockets) socket.resume()
  }

  get isConnected(): boolean {
    return this.#open !== null
  }

  /** As agent and central compare it. */
  digest(): { count: number; digest: string } {
    let digest = EMPTY_DIGEST
    for (const stream of this.inventory.values()) digest = addToDigest(digest, streamDigest(stream))
    return { count: this.inventory.size, digest }
  }

  /** `path:stream`, sorted. */
  streams(): string[] {
    return [...this.inventory.values()].map(({ path, stream }) => `${path}:${stream}`).sort()
  }

  async request(method: 'GET' | 'POST', path: string, body: unknown): Promise<ResponseFrame> {
    await until(() => this.isConnected)
    const id = randomUUID()
    const answer = new Promise<ResponseFrame>((resolve) => this.#answers.set(id, resolve))
    this.send({ type: 'request', id, method, path, body })
    return answer
  }

  send(frame: FrameToAgent): void {
    this.#open?.send(encodeFrame(frame))
  }

  sendRaw(data: string | Buffer): void {
    this.#open?.send(data)
  }

  #enrol(request: EnrolRequest): [number, object] {
    if (request.token !== TOKEN) {
      return [403, { code: 'ENROLMENT_REFUSED', message: 'The token is wrong or has expired.' }]
    }
    const machineId = randomUUID()
    this.enrolled.set(machineId, request.publicKey)
    return [200, { machineId }]
  }

  #accept(socket: WebSocket): void {
    this.accepted++
    this.#sockets.add(socket)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (this.#open === socket) this.#open = null
    })
    if (this.refuseWith !== null) {
      socket.close(this.refuseWith)
      return
    }
    if (this.isMute) return
    const nonce = randomBytes(32).toString('hex')
    const newestProtocol = this.newestProtocol
    const oldestProtocol = newestProtocol
    socket.on('message', (data: Buffer, isBinary) =>
      this.#receive(socket, nonce, fromAgent(data, isBinary)),
    )
    socket.send(encodeFrame({ type: 'challenge', nonce, oldestProtocol, newestProtocol }))
  }

  #receive(socket: WebSocket, nonce: string, frame: Frame): void {
    switch (frame.type) {
      case 'hello':
        this.#welcome(socket, nonce, frame)
        return
      case 'inventory.delta':
        this.#commit(socket, frame)
        return
      case 'inventory.compare':
        this.comparisons++
        socket.send(
          encodeFrame({ type: 'inventory.buckets', digests: this.#digests(frame.bucketCount) }),
        )
        return
      case 'scan.finished':
        this.scans.push(frame.summary)
        return
      case 'scan.progress':
        this.progress.push(frame)
        return
      case 'response':
        this.#answers.get(frame.id)?.(frame)
    }
  }

  #welcome(socket: WebSocket, nonce: string, hello: Extract<Frame, { type: 'hello' }>): void {
    this.hellos.push(hello)
    const publicKey = this.enrolled.get(hello.machineId)
    if (!publicKey) {
      socket.close(4404)
      return
    }
    const key = createPublicKey({
      key: Buffer.from(publicKey, 'base64'),
      format: 'der',
      type: 'spki',
    })
    const text = Buffer.from(helloText(nonce, hello.machineId, hello))
    if (!verify(null, text, key, Buffer.from(hello.signature, 'base64'))) {
      socket.close(4401)
      return
    }
    if (this.resume.epoch !== hello.epoch) this.resume = { epoch: hello.epoch, sequence: 0 }
    this.#named = null
    this.#open = socket
    const { scanEverySeconds, scanAfterSeconds, window } = this
    const resume = { ...this.resume, ...this.digest() }
    const welcome = { resume, window, scanEverySeconds, scanAfterSeconds, pingEveryMs: 20_000 }
    this.send({ type: 'welcome', protocol: 5, ...welcome })
  }

  #digests(count: number): string[] {
    const digests = new Array<string>(count).fill(EMPTY_DIGEST)
    for (const stream of this.inventory.values()) {
      const bucket = bucketOf(stream, count)
      digests[bucket] = addToDigest(digests[bucket]!, streamDigest(stream))
    }
    return digests
  }

  #commit(socket: WebSocket, delta: InventoryDelta): void {
    this.deltas.push(delta)
    this.resume.sequence = delta.sequence
    const { resync } = delta
    if (resync && this.#named?.id !== resync.id) this.#named = { id: resync.id, keys: new Set() }
    for (const stream of delta.upserts) {
      this.inventory.set(keyOf(stream), stream)
      if (resync) this.#named?.keys.add(keyOf(stream))
    }
    for (const key of delta.gone) this.inventory.delete(keyOf(key))
    if (resync?.isLast) {
      const { buckets } = resync
      for (const [key, stream] of this.inventory) {
        const isMeant = !buckets || buckets.numbers.includes(bucketOf(stream, buckets.count))
        if (isMeant && !this.#named?.keys.has(key)) this.inventory.delete(key)
      }
    }
    if (this.isSilent) return
    if (this.loseNextAck) {
      this.loseNextAck = false
      socket.terminate()
      return
    }
    socket.send(
      encodeFrame({ type: 'inventory.ack', sequence: delta.sequence, window: this.window }),
    )
  }
}

export function keyOf({ volumeId, identity, stream }: StreamKey): string {
  return `${volumeId} ${identity} ${JSON.stringify(stream)}`
}
