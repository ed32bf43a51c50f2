/** Requests of one connection that wait for their response. */
import { randomUUID } from 'node:crypto'
import type { RequestFrame, ResponseFrame } from '../../protocol/link-frames.ts'
import { AppError } from '../../shared/app-error.ts'
import type { AgentRequest } from '../machines/agent-link.ts'

type Answer = { status: number; body: unknown }

interface Waiting {
  resolve(answer: Answer): void
  reject(error: AppError): void
  timer: NodeJS.Timeout
}

export interface PendingRequests {
  send(request: AgentRequest): Promise<Answer>
  /** A response to nothing that waits (late, or made up) changes nothing. */
  settle(response: ResponseFrame): void
  rejectAll(error: AppError): void
}

export function createPendingRequests(sendFrame: (frame: RequestFrame) => void): PendingRequests {
  const waiting = new Map<string, Waiting>()

  const take = (id: string): Waiting | undefined => {
    const entry = waiting.get(id)
    clearTimeout(entry?.timer)
    waiting.delete(id)
    return entry
  }

  return {
    send: ({ method, path, body, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const id = randomUUID()
        const timer = setTimeout(() => {
          const message = `the agent did not answer ${path} within ${timeoutMs} ms`
          take(id)?.reject(new AppError('AGENT_TIMEOUT', 504, message))
        }, timeoutMs)
        waiting.set(id, { resolve, reject, timer })
        sendFrame({ type: 'request', id, method, path, body })
      }),
    settle: ({ id, status, body }) => take(id)?.resolve({ status, body }),
    rejectAll: (error) => {
      for (const id of [...waiting.keys()]) take(id)?.reject(error)
    },
  }
}
