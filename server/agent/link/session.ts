/**
 * One connection to central, from the challenge to its end. Sends what is pending in the inventory, books
 * what is acknowledged, and passes central's requests on. Knows nothing of retries.
 */
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import WebSocket from 'ws'
import { CLOSE_CODES, closeNameOf, retryAfterClose } from '../../protocol/close-codes.ts'
import { MAX_FRAME_BYTES } from '../../protocol/limits.ts'
import {
  FrameToAgent,
  type FrameToCentral,
  type Hello,
  helloText,
  type MachineFacts,
  type Welcome,
} from '../../protocol/link-frames.ts'
import type { ScanProgress, ScanSummary } from '../../protocol/scan.ts'
import { PROTOCOL_VERSION } from '../../protocol/version.ts'
import { encodeDelta, encodeToCentral, FrameError, frameDecoder } from '../../shared/frame-codec.ts'
import type { Logger } from '../../shared/logger.ts'
import { bindingOf } from '../../shared/tls-binding.ts'
import type { Outbox } from '../inventory/outbox.ts'
import type { CentralDoor, DoorOptions } from '../trust/central-door.ts'
import type { MachineIdentity } from '../trust/machine-identity.ts'
import { Keepalive } from './keepalive.ts'
import { LinkClosed, type LinkTimings } from './reconnect-policy.ts'
import type { RequestRunner } from './request-runner.ts'

export interface SessionTools {
  readonly identity: MachineIdentity
  readonly door: CentralDoor
  readonly facts: MachineFacts
  readonly outbox: Outbox
  readonly requests: Pick<RequestRunner, 'run'>
  readonly lastScan: () => ScanSummary | null
  /** A scan waits to be told when. */
  readonly isScanDue: () => boolean
  readonly onWelcome: (welcome: Welcome) => void
  readonly timings: LinkTimings
  readonly logger: Logger
}

/** Above this, central or the network is behind: progress is dropped and deltas wait. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024

/** What something between us and central says may be anything. */
const MAX_RETRY_AFTER_SECONDS = 3_600

const decode = frameDecoder<FrameToAgent>(FrameToAgent)

export class Session {
  readonly #tools: SessionTools
  readonly #socket: WebSocket
  #keepalive: Keepalive | null = null
  #saidNextKey = false
  /** Of the TLS session; null without TLS. */
  #binding: string | null = null
  readonly #ended = Promise.withResolvers<LinkClosed>()
  #phase: 'connecting' | 'greeting' | 'open' | 'ended' = 'connecting'
  #deadline: NodeJS.Timeout | null = null
  #failure: LinkClosed | null = null
  /** A finished scan that central is not told of yet; `upTo` is what it must hold before. */
  #finished: { summary: ScanSummary; upTo: number } | null = null

  /** `options` are the door's, for this one connection. */
  constructor(tools: SessionTools, options: DoorOptions) {
    this.#tools = tools
    const url = `${tools.identity.centralUrl.replace(/^http/, 'ws')}/agent/v1`
    const doorOptions: object = options
    this.#socket = new WebSocket(url, {
      ...doorOptions,
      handshakeTimeout: tools.timings.answerMs,
      maxPayload: MAX_FRAME_BYTES,
      // Frames are zstd already.
      perMessageDeflate: false,
    })
    this.#socket.on('unexpected-response', (_request, response) => this.#refused(response))
    this.#socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary))
    this.#socket.on('upgrade', ({ socket }) => {
      this.#binding = bindingOf(socket)
      if (socket instanceof TLSSocket) tools.door.noteCertificate(socket.getPeerX509Certificate())
    })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const refused = tools.door.understand(error)
      this.#failure ??= refused
        ? new LinkClosed(refused.message, undefined, refused.code)
        : new LinkClosed(error.message || error.code || '')
    })
    this.#socket.on('close', (code, reason) => this.#end(code, reason.toString()))
    this.#socket.on('open', () => this.#expect('the challenge'))
  }

  /** Resolves when the connection has ended, with why. Never rejects. */
  get ended(): Promise<LinkClosed> {
    return this.#ended.promise
  }

  /** Sends pending inventory, as far as the window allows. */
  pump(): void {
    if (this.#phase !== 'open') return
    try {
      while (this.#socket.bufferedAmount < MAX_BUFFERED_BYTES) {
        const delta = this.#tools.outbox.next()
        if (!delta) break
        this.#socket.send(encodeDelta(delta))
      }
      this.#sendFinishedIfDue()
    } catch (error) {
      this.#tools.logger.error({ err: error }, 'inventory cannot be read')
      this.#fail((error as Error).message)
    }
  }

  sendProgress(progress: ScanProgress): void {
    if (this.#phase !== 'open' || this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) return
    this.#send({ type: 'scan.progress', ...progress })
  }

  /** Goes out once central holds what the scan found: "complete" before that would be a false clean. */
  sendFinished(summary: ScanSummary): void {
    this.#finished = { summary, upTo: this.#tools.outbox.now() }
    this.pump()
  }

  close(why: string): void {
    this.#failure ??= new LinkClosed(why)
    this.#socket.close(1001, why)
    // A dead peer never answers the close; ws would wait half a minute for it.
    setTimeout(() => this.#socket.terminate(), 500).unref()
  }

  #receive(data: Buffer, isBinary: boolean): void {
    try {
      this.#keepalive?.heard()
      this.#handle(decode(data, isBinary))
    } catch (error) {
      const isPeersFault = error instanceof FrameError
      if (!isPeersFault) this.#tools.logger.error({ err: error }, 'link failed')
      this.#failure ??= new LinkClosed((error as Error).message)
      this.#socket.close(isPeersFault ? CLOSE_CODES.badFrame.code : 1011, 'see the agent’s log')
      setTimeout(() => this.#socket.terminate(), 500).unref()
    }
  }

  #handle(frame: FrameToAgent): void {
    if (this.#phase === 'ended' || this.#failure) return
    switch (frame.type) {
      case 'challenge':
        this.#greet(frame)
        break
      case 'welcome':
        this.#welcome(frame)
        break
      case 'inventory.ack':
        this.#require('open', frame.type)
        this.#tools.outbox.setWindow(frame.window)
        this.#tools.outbox.acknowledge(frame.sequence)
        this.pump()
        break
      case 'inventory.window':
        this.#require('open', frame.type)
        this.#tools.outbox.setWindow(frame.window)
        this.pump()
        break
      case 'inventory.buckets':
        this.#require('open', frame.type)
        void this.#repair(frame.digests)
        break
      case 'goodbye':
        this.#failure ??= new LinkClosed(frame.message, frame.retryAfterSeconds * 1_000)
        break
      case 'request':
        this.#require('open', frame.type)
        this.#tools.requests.run(frame, (response) => {
          if (this.#phase === 'open') this.#send(response)
        })
    }
  }

  #greet(frame: { nonce: string; oldestProtocol: number; newestProtocol: number }): void {
    this.#require('connecting', 'challenge')
    this.#phase = 'greeting'
    const protocol = PROTOCOL_VERSION
    if (protocol < frame.oldestProtocol || protocol > frame.newestProtocol) {
      const span = `${frame.oldestProtocol} to ${frame.newestProtocol}`
      const message = `central speaks protocol ${span}, this agent ${protocol}: update the older one`
      this.#fail(message, null)
      return
    }
    const { identity, facts, outbox, isScanDue } = this.#tools
    const { machineId } = identity
    const proof = { binding: this.#binding, nextKey: identity.nextKey(frame.nonce) }
    this.#saidNextKey = proof.nextKey !== null
    const signature = identity.sign(helloText(frame.nonce, machineId, { protocol, ...proof }))
    const about = { facts, epoch: outbox.epoch(), isScanDue: isScanDue() }
    this.#send({ type: 'hello', protocol, machineId, signature, ...proof, ...about })
    this.#expect('the welcome')
  }

  #welcome(frame: Welcome): void {
    this.#require('greeting', 'welcome')
    if (this.#deadline) clearTimeout(this.#deadline)
    this.#phase = 'open'
    // It was in the hello: a rotation asked for since then stays for the next one.
    if (this.#saidNextKey) this.#tools.identity.useNextKey()
    const pingEveryMs = Math.min(frame.pingEveryMs, this.#tools.timings.pingEveryMs)
    this.#keepalive = new Keepalive(this.#socket, pingEveryMs, () =>
      this.#fail('central does not answer any more'),
    )
    const bucketCount = this.#tools.outbox.begin(frame)
    if (bucketCount !== null) this.#send({ type: 'inventory.compare', bucketCount })
    this.#tools.onWelcome(frame)
    const lastScan = this.#tools.lastScan()
    if (lastScan) this.sendFinished(lastScan)
    else this.pump()
  }

  async #repair(digests: readonly string[]): Promise<void> {
    try {
      await this.#tools.outbox.repair(digests)
      this.pump()
    } catch (error) {
      this.#tools.logger.error({ err: error }, 'inventory cannot be compared')
      this.#fail((error as Error).message)
    }
  }

  /** No WebSocket: central is too busy for another hello, or something between answers in its place. */
  #refused(response: IncomingMessage): void {
    const seconds = Number(response.headers['retry-after'])
    const retryAfterMs =
      seconds >= 0 && seconds <= MAX_RETRY_AFTER_SECONDS ? seconds * 1_000 : undefined
    response.resume()
    this.#fail(`central answered HTTP ${response.statusCode}`, retryAfterMs)
  }

  #sendFinishedIfDue(): void {
    if (!this.#finished || !this.#tools.outbox.isAcknowledgedUpTo(this.#finished.upTo)) return
    this.#send({ type: 'scan.finished', summary: this.#finished.summary })
    this.#finished = null
  }

  #send(frame: FrameToCentral | Hello): void {
    this.#socket.send(encodeToCentral(frame))
  }

  #require(phase: 'connecting' | 'greeting' | 'open', type: string): void {
    if (this.#phase !== phase) throw new FrameError(`${type} came while ${this.#phase}`)
  }

  #expect(what: string): void {
    if (this.#deadline) clearTimeout(this.#deadline)
    const { answerMs } = this.#tools.timings
    this.#deadline = setTimeout(() => this.#fail(`${what} did not come in time`), answerMs)
  }

  #fail(message: string, retryAfterMs?: number | null): void {
    this.#failure ??= new LinkClosed(message, retryAfterMs)
    this.#socket.terminate()
  }

  #end(code: number, reason: string): void {
    this.#phase = 'ended'
    this.#keepalive?.stop()
    if (this.#deadline) clearTimeout(this.#deadline)
    const name = closeNameOf(code)
    // The welcome to a new key may have been lost, and then central knows that one alone.
    const isOldKey = name === 'badSignature' && this.#saidNextKey
    if (isOldKey) this.#tools.identity.useNextKey()
    const said = reason || Object.values(CLOSE_CODES).find((entry) => entry.code === code)?.reason
    const message = said || `the connection ended (${code})`
    const seconds = retryAfterClose(code)
    const retryAfterMs = typeof seconds === 'number' ? seconds * 1_000 : seconds
    const retry = isOldKey ? undefined : retryAfterMs
    this.#ended.resolve(this.#failure ?? new LinkClosed(message, retry, name))
  }
}
