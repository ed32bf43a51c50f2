/**
 * The beginning of every connection: challenge, hello, and whether the hello is good. Until it is, a stranger
 * gets a nonce, a few seconds, and no memory to speak of.
 */
import { randomBytes } from 'node:crypto'
import type { RawData, WebSocket } from 'ws'
import { CLOSE_CODES, type CloseName } from '../../protocol/close-codes.ts'
import { MAX_HELLO_BYTES } from '../../protocol/limits.ts'
import { Hello } from '../../protocol/link-frames.ts'
import { Hello1 } from '../../protocol/link-frames-1.ts'
import { Hello2 } from '../../protocol/link-frames-2.ts'
import { Hello3 } from '../../protocol/link-frames-3.ts'
import { Hello4 } from '../../protocol/link-frames-4.ts'
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../protocol/version.ts'
import { encodeFrame, FrameError, frameDecoder, parseFrame } from '../../shared/frame-codec.ts'
import type { Logger } from '../../shared/logger.ts'
import type { HelloCheck } from './hello-check.ts'

export type AnyHello = Hello1 | Hello2 | Hello3 | Hello4 | Hello

export interface GreetingParts {
  readonly checkHello: HelloCheck
  readonly helloTimeoutMs: number
  readonly logger: Logger
}

const decoders = {
  1: frameDecoder<Hello1>(Hello1),
  2: frameDecoder<Hello2>(Hello2),
  3: frameDecoder<Hello3>(Hello3),
  4: frameDecoder<Hello4>(Hello4),
  5: frameDecoder<Hello>(Hello),
}

/**
 * Calls `accepted` in the same turn in which a good hello came, so that no later frame is missed. `binding` is what our end
 * of the TLS session exports; null where we have none.
 */
export function greet(
  socket: WebSocket,
  binding: string | null,
  { checkHello, helloTimeoutMs, logger }: GreetingParts,
  accepted: (hello: AnyHello) => void,
): void {
  const nonce = randomBytes(32).toString('hex')
  const end = (why: CloseName): void => {
    clearTimeout(timer)
    socket.off('message', receive)
    socket.close(CLOSE_CODES[why].code, CLOSE_CODES[why].reason)
    // A stranger that does not answer the close either is not waited for.
    setTimeout(() => socket.terminate(), helloTimeoutMs).unref()
  }
  const receive = (data: RawData, isBinary: boolean): void => {
    try {
      const hello = decodeHello(data as Buffer, isBinary)
      const refusal = hello === null ? 'unsupportedProtocol' : checkHello({ nonce, binding }, hello)
      if (refusal !== null || hello === null) {
        logger.warn({ machineId: hello?.machineId, refusal }, 'an agent was refused')
        end(refusal ?? 'unsupportedProtocol')
        return
      }
      clearTimeout(timer)
      socket.off('message', receive)
      accepted(hello)
    } catch (error) {
      const isTheirs = error instanceof FrameError
      logger[isTheirs ? 'warn' : 'error']({ err: error }, 'a hello could not be taken')
      end(isTheirs ? 'badFrame' : 'serverError')
    }
  }
  const timer = setTimeout(() => end('helloTimeout'), helloTimeoutMs)
  socket.on('message', receive)
  socket.once('close', () => clearTimeout(timer))
  const [oldestProtocol, newestProtocol] = [OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION]
  socket.send(encodeFrame({ type: 'challenge', nonce, oldestProtocol, newestProtocol }))
}

/** Null: a hello, in a protocol that central does not speak. */
export function decodeHello(data: Buffer, isBinary: boolean): AnyHello | null {
  if (data.length > MAX_HELLO_BYTES) throw new FrameError('hello too large')
  const value = parseFrame(data, isBinary, MAX_HELLO_BYTES) as {
    type?: unknown
    protocol?: unknown
  }
  if (value?.type !== 'hello') throw new FrameError(`${String(value?.type)} before hello`)
  const { protocol } = value
  const decoder = decoders[protocol as keyof typeof decoders]
  return typeof protocol === 'number' && decoder !== undefined ? decoder.check(value) : null
}
