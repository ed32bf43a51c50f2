/**
 * One agent that has said a good hello, until its socket ends.
 *
 * Nothing that an agent sends is taken for more than what that machine says about itself: the machine id comes
 * from the signed hello and never from a later frame. What does not fit the protocol closes this socket and
 * touches no other; who sends too fast is read more slowly. There are thousands of these: no timers and no
 * closures of their own but where something is going on.
 */
import type { RawData, WebSocket } from 'ws'
import { CLOSE_CODES, type CloseName } from '../../protocol/close-codes.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { type FrameToAgent, FrameToCentral } from '../../protocol/link-frames.ts'
import {
  FrameToCentral1,
  type InventoryAck1,
  type InventoryDelta1,
  type Welcome1,
} from '../../protocol/link-frames-1.ts'
import type { Welcome2 } from '../../protocol/link-frames-2.ts'
import type { Welcome3 } from '../../protocol/link-frames-3.ts'
import type { Welcome4 } from '../../protocol/link-frames-4.ts'
import {
  deltaBytes,
  encodeFrame,
  FrameError,
  frameDecoder,
  messageBytes,
} from '../../shared/frame-codec.ts'
import { type AgentRequest, machineOffline } from '../machines/agent-link.ts'
import { refusalOf } from '../machines/inventory-service.ts'
import { DeltaQueue, type DeltaQueueListener, type QueuedDelta } from './delta-queue.ts'
import { FrameMeter } from './frame-meter.ts'
import type { AnyHello } from './greeting.ts'
import type { Parked } from './intake-gate.ts'
import type { Watched } from './keep-alive-wheel.ts'
import type { LinkParts } from './link-parts.ts'
import { createPendingRequests, type PendingRequests } from './pending-requests.ts'

/** Answers and requests that an agent has not read. More than this, and it is no use to wait for it. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024
/** Rounds of the wheel without a sign of life. */
const MAX_SILENT_ROUNDS = 2

type Message = FrameToCentral | Exclude<FrameToCentral1, InventoryDelta1>

/** Why the socket is not read at the moment. */
const HELD = { queueFull: 1, tooFast: 2 } as const

const decode = frameDecoder<FrameToCentral>(FrameToCentral)
const decode1 = frameDecoder<FrameToCentral1>(FrameToCentral1)

export class AgentConnection implements DeltaQueueListener, Parked, Watched {
  readonly #socket: WebSocket
  readonly #parts: LinkParts
  readonly #machineId: MachineId
  /** What the agent speaks. */
  readonly protocol: AnyHello['protocol']
  readonly #meter: FrameMeter
  readonly #deltas: DeltaQueue
  #requests: PendingRequests | null = null
  #isOpen = true
  #isWelcome = false
  #wasCompared = false
  #held = 0
  #wasHeard = true
  #silentRounds = 0

  /** `greeted` is called when the hello is answered. */
  constructor(socket: WebSocket, hello: AnyHello, parts: LinkParts, greeted: () => void) {
    this.#socket = socket
    this.#parts = parts
    this.#machineId = hello.machineId
    this.protocol = hello.protocol
    this.#meter = new FrameMeter(parts.limits.meter)
    // Only since protocol 2 does a delta's sequence go on from the one before.
    this.#deltas = new DeltaQueue(parts.gate, this, hello.protocol !== 1)
    socket.on('message', (data: RawData, isBinary) => this.#receive(data as Buffer, isBinary))
    socket.on(hello.protocol === 1 ? 'pong' : 'ping', () => this.#heard(0))
    socket.on('close', () => this.#ended())
    void this.#welcome(hello).then(greeted)
  }

  /** Whether the machine can be asked. */
  get isReady(): boolean {
    return this.#isOpen && this.#isWelcome
  }

  request(request: AgentRequest): Promise<{ status: number; body: unknown }> {
    if (!this.isReady) return Promise.reject(machineOffline(this.#machineId))
    this.#requests ??= createPendingRequests((frame) => this.#send(frame))
    return this.#requests.send(request)
  }

  close(why: CloseName): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#deltas.stop()
    const { code, reason, retryAfterSeconds } = CLOSE_CODES[why]
    if (this.protocol !== 1 && retryAfterSeconds !== null) {
      // Spread over as long again: what closes one agent often closes many.
      const afterSeconds = retryAfterSeconds * (1 + Math.random())
      this.#socket.send(
        encodeFrame({ type: 'goodbye', message: reason, retryAfterSeconds: afterSeconds }),
      )
    }
    this.#socket.close(code, reason)
    this.#socket.resume()
  }

  // DeltaQueueListener

  stored(sequence: number): void {
    if (this.protocol === 1) this.#send({ type: 'inventory.ack', sequence })
    else this.#send({ type: 'inventory.ack', sequence, window: this.#parts.gate.windowFor(this) })
  }

  failed(error: unknown): void {
    const refusal = refusalOf(error)
    if (error instanceof FrameError || refusal === 'unfit') this.#fail('badFrame', error)
    else this.#fail(refusal === 'unavailable' ? 'inventoryUnavailable' : 'serverError', error)
  }

  relieved(): void {
    this.#letGo(HELD.queueFull)
  }

  // Parked

  giveWindow(window: number): void {
    if (this.isReady) this.#send({ type: 'inventory.window', window })
  }

  // Watched

  look(): void {
    // One that we do not read cannot be heard.
    if (this.#wasHeard || this.#held !== 0) this.#silentRounds = 0
    else this.#silentRounds += 1
    this.#wasHeard = false
    if (this.#silentRounds >= MAX_SILENT_ROUNDS) this.#socket.terminate()
    else if (this.protocol === 1 && this.#isOpen) this.#socket.ping()
  }

  async #welcome(hello: AnyHello): Promise<void> {
    const { connections, inventory, machines, gate, scanSlots } = this.#parts
    connections.claim(this.#machineId, this)
    try {
      const epoch = hello.protocol === 1 ? null : hello.epoch
      const held = await inventory.begin(this.#machineId, epoch)
      await machines.connected(this.#machineId, hello.facts)
      if (!this.#isOpen) return
      const { count, digest, sequence } = held
      this.#isWelcome = true
      const { scanEverySeconds, pingEveryMs } = this.#parts
      if (hello.protocol === 1) {
        const resend = count !== hello.inventory.count || digest !== hello.inventory.digest
        this.#send({ type: 'welcome', protocol: 1, resend, scanEverySeconds })
      } else {
        const scanAfterMs = hello.isScanDue ? scanSlots.reserve(performance.now()) : 0
        this.#send({
          type: 'welcome',
          protocol: hello.protocol,
          resume: { epoch: hello.epoch, sequence, count, digest },
          window: gate.windowFor(this),
          scanEverySeconds,
          scanAfterSeconds: Math.min(86_400, scanAfterMs / 1_000),
          pingEveryMs,
        })
      }
      this.#parts.wheel.add(this)
      this.#parts.onConnected(this.#machineId, hello.facts)
    } catch (error) {
      this.failed(error)
    }
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // Frames that were on their way when we closed.
    if (!this.#isOpen) return
    this.#heard(data.length)
    try {
      if (!this.#isWelcome) throw new FrameError('a frame before the welcome')
      if (this.protocol === 1) this.#receive1(data, isBinary)
      else this.#receive2(data, isBinary)
    } catch (error) {
      this.#fail(error instanceof FrameError ? 'badFrame' : 'serverError', error)
    }
  }

  #receive1(data: Buffer, isBinary: boolean): void {
    const frame = decode1(data, isBinary)
    if (frame.type !== 'inventory.delta') {
      this.#take(frame)
      return
    }
    const resync = frame.resync === null ? null : { ...frame.resync, buckets: null }
    const delta = { ...frame, resync }
    const store = () => this.#parts.inventory.apply(this.#machineId, delta)
    this.#enqueue({ bytes: data.length, store })
  }

  #receive2(data: Buffer, isBinary: boolean): void {
    const delta = deltaBytes(data, isBinary)
    if (delta === null) {
      this.#take(decode(messageBytes(data, isBinary), isBinary))
      return
    }
    const store = () => this.#parts.inventory.applyFrame(this.#machineId, delta)
    this.#enqueue({ bytes: data.length, store })
  }

  #enqueue(delta: QueuedDelta): void {
    if (!this.#deltas.add(delta)) this.#hold(HELD.queueFull)
  }

  #take(frame: Message): void {
    const { machines } = this.#parts
    switch (frame.type) {
      case 'inventory.compare':
        void this.#compare(frame.bucketCount)
        break
      case 'scan.progress': {
        const { type: _, ...progress } = frame
        machines.scanProgressed(this.#machineId, progress)
        break
      }
      case 'scan.finished':
        // Where it cannot be stored, the connection ends, and the next one tells it again.
        machines.scanFinished(this.#machineId, frame.summary).catch((error) => this.failed(error))
        break
      case 'response':
        this.#requests?.settle(frame)
        break
    }
  }

  async #compare(bucketCount: number): Promise<void> {
    try {
      if (this.#wasCompared) throw new FrameError('a second comparison')
      this.#wasCompared = true
      const digests = await this.#parts.inventory.bucketDigests(this.#machineId, bucketCount)
      this.#send({ type: 'inventory.buckets', digests })
    } catch (error) {
      this.failed(error)
    }
  }

  #heard(bytes: number): void {
    this.#wasHeard = true
    const waitMs = this.#meter.count(bytes)
    if (waitMs === 0 || (this.#held & HELD.tooFast) !== 0) return
    this.#hold(HELD.tooFast)
    setTimeout(() => this.#letGo(HELD.tooFast), waitMs).unref()
  }

  #hold(why: number): void {
    this.#held |= why
    this.#socket.pause()
  }

  #letGo(why: number): void {
    this.#held &= ~why
    if (this.#held === 0 && this.#socket.isPaused) this.#socket.resume()
  }

  #send(frame: FrameToAgent | Welcome1 | Welcome2 | Welcome3 | Welcome4 | InventoryAck1): void {
    if (!this.#isOpen) return
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) {
      this.close('unreadAnswers')
      this.#socket.terminate()
      return
    }
    this.#socket.send(encodeFrame(frame))
  }

  #fail(why: CloseName, error: unknown): void {
    const level = why === 'serverError' ? 'error' : 'warn'
    const text = 'a frame ended the connection of an agent'
    this.#parts.logger[level]({ err: error, machineId: this.#machineId }, text)
    this.close(why)
  }

  #ended(): void {
    this.#isOpen = false
    this.#deltas.stop()
    this.#parts.gate.forget(this)
    this.#parts.wheel.remove(this)
    this.#requests?.rejectAll(machineOffline(this.#machineId))
    if (this.#parts.connections.release(this.#machineId, this)) {
      this.#parts.machines.disconnected(this.#machineId)
    }
  }
}
