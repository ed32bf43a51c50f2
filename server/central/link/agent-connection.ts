/**
 * One agent's socket: challenge, hello, then frames one at a time.
 *
 * Nothing that an agent sends is taken for more than what that machine says about itself: the machine id comes
 * from the signed hello and never from a later frame. What does not fit the protocol closes this socket and
 * touches no other.
 */
import { randomBytes } from 'node:crypto'
import type { Static } from 'typebox'
import type { WebSocket } from 'ws'
import { CLOSE_CODES } from '../../protocol/close-codes.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { type FrameToAgent, FrameToCentral, type Hello } from '../../protocol/link-frames.ts'
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../protocol/version.ts'
import { encodeFrame, FrameError, frameDecoder } from '../../shared/frame-codec.ts'
import type { Logger } from '../../shared/logger.ts'
import { type AgentRequest, machineOffline } from '../machines/agent-link.ts'
import { type InventoryService, InventoryUnavailable } from '../machines/inventory-service.ts'
import type { MachineService } from '../machines/machine-service.ts'
import type { Connections } from './connections.ts'
import type { HelloCheck } from './hello-check.ts'
import { createPendingRequests } from './pending-requests.ts'
import { keepAlive, readOneAtATime } from './socket-care.ts'

type HelloFrame = Static<typeof Hello>
type Frame = Static<typeof FrameToCentral>
type CloseName = keyof typeof CLOSE_CODES

/** A hello has a few hundred bytes; until it is checked, a stranger gets no more of our memory. */
const MAX_HELLO_BYTES = 64 * 1024

export interface AgentConnection {
  request(request: AgentRequest): Promise<{ status: number; body: unknown }>
  close(why: CloseName): void
}

export interface LinkParts {
  connections: Connections
  machines: MachineService
  inventory: InventoryService
  checkHello: HelloCheck
  /** Called when the machine can be asked. */
  onConnected(machineId: MachineId): void
  scanEverySeconds: number
  helloTimeoutMs: number
  pingEveryMs: number
  logger: Logger
}

const decode = frameDecoder<Frame>(FrameToCentral)

export function acceptAgent(socket: WebSocket, parts: LinkParts): void {
  const nonce = randomBytes(32).toString('hex')
  const send = (frame: FrameToAgent): void => socket.send(encodeFrame(frame))
  const pending = createPendingRequests(send)
  let machineId: MachineId | null = null
  let isOpen = true
  let logger = parts.logger

  const close = (why: CloseName): void => {
    isOpen = false
    socket.close(CLOSE_CODES[why].code, CLOSE_CODES[why].reason)
  }
  const connection: AgentConnection = { close, request: (request) => pending.send(request) }

  const welcome = async (hello: HelloFrame): Promise<void> => {
    const refusal = parts.checkHello(nonce, hello)
    if (refusal !== null) {
      logger.warn({ machineId: hello.machineId, refusal }, 'an agent was refused')
      close(refusal)
      return
    }
    clearTimeout(helloTimer)
    logger = logger.child({ machineId: hello.machineId })
    const held = await parts.inventory.begin(hello.machineId, null)
    if (!isOpen) return
    machineId = hello.machineId
    parts.connections.add(machineId, connection)
    await parts.machines.connected(machineId, hello.facts)
    send({
      type: 'welcome',
      protocol: hello.protocol,
      resend: held.count !== hello.inventory.count || held.digest !== hello.inventory.digest,
      scanEverySeconds: parts.scanEverySeconds,
    })
    parts.onConnected(machineId)
  }

  const receive = async (data: Buffer, isBinary: boolean): Promise<void> => {
    // Frames that were on their way when we closed.
    if (!isOpen) return
    try {
      if (machineId === null && data.length > MAX_HELLO_BYTES)
        throw new FrameError('hello too large')
      const frame = decode(data, isBinary)
      if (machineId !== null) await take(parts, machineId, frame, send, pending.settle)
      else if (frame.type === 'hello') await welcome(frame)
      else throw new FrameError(`${frame.type} before hello`)
    } catch (error) {
      const why = closeNameOf(error)
      logger[why === 'serverError' ? 'error' : 'warn'](
        { err: error },
        'a frame ended the connection of an agent',
      )
      close(why)
    }
  }

  const helloTimer = setTimeout(() => close('helloTimeout'), parts.helloTimeoutMs)
  readOneAtATime(socket, receive)
  keepAlive(socket, parts.pingEveryMs)
  socket.on('error', (error) => logger.debug({ err: error }, 'an agent socket failed'))
  socket.on('close', () => {
    isOpen = false
    clearTimeout(helloTimer)
    if (machineId === null) return
    pending.rejectAll(machineOffline(machineId))
    if (!parts.connections.remove(machineId, connection)) return
    try {
      parts.machines.disconnected(machineId)
    } catch (error) {
      // A full disk must not end central.
      logger.error({ err: error }, 'when a machine was last seen could not be stored')
    }
  })
  send(challengeOf(nonce))
}

/** A refused delta is no fault of the frame: after a new hello the agent knows where it stands. */
function closeNameOf(error: unknown): CloseName {
  if (error instanceof FrameError) return 'badFrame'
  return error instanceof InventoryUnavailable ? 'inventoryUnavailable' : 'serverError'
}

function challengeOf(nonce: string): Extract<FrameToAgent, { type: 'challenge' }> {
  const [oldestProtocol, newestProtocol] = [OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION]
  return { type: 'challenge', nonce, oldestProtocol, newestProtocol }
}

/** One frame of a machine that has said hello. */
async function take(
  { inventory, machines }: LinkParts,
  machineId: MachineId,
  frame: Frame,
  send: (frame: FrameToAgent) => void,
  settle: (response: Extract<Frame, { type: 'response' }>) => void,
): Promise<void> {
  switch (frame.type) {
    case 'hello':
      throw new FrameError('a second hello')
    case 'inventory.delta':
      // The ack is the promise that the delta is on disk: never before this has resolved.
      await inventory.apply(machineId, frame)
      send({ type: 'inventory.ack', sequence: frame.sequence })
      break
    case 'scan.progress': {
      const { type: _, ...progress } = frame
      machines.scanProgressed(machineId, progress)
      break
    }
    case 'scan.finished':
      await machines.scanFinished(machineId, frame.summary)
      break
    case 'response':
      settle(frame)
      break
  }
}
