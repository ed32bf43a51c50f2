/**
 * Runs central's requests against the agent's own routes, a few at a time. A flood is answered, not
 * queued without end.
 */
import type { RequestFrame, ResponseFrame } from '../../protocol/link-frames.ts'
import type { AgentApp } from '../app.ts'

const MAX_RUNNING = 4
const MAX_WAITING = 64

type Respond = (response: ResponseFrame) => void

export class RequestRunner {
  readonly #app: AgentApp
  readonly #waiting: { request: RequestFrame; respond: Respond }[] = []
  #running = 0

  constructor(app: AgentApp) {
    this.#app = app
  }

  run(request: RequestFrame, respond: Respond): void {
    if (this.#running < MAX_RUNNING) {
      void this.#answer(request, respond)
    } else if (this.#waiting.length < MAX_WAITING) {
      this.#waiting.push({ request, respond })
    } else {
      const message = `The agent has ${MAX_RUNNING + MAX_WAITING} requests to do. Ask again later.`
      respond(toResponse(request, 503, { code: 'AGENT_BUSY', message }))
    }
  }

  async #answer(request: RequestFrame, respond: Respond): Promise<void> {
    this.#running++
    try {
      const { statusCode, body } = await this.#app.inject({
        method: request.method,
        url: request.path,
        ...(request.method === 'POST' ? { payload: (request.body ?? {}) as object } : {}),
      })
      respond(toResponse(request, statusCode, JSON.parse(body)))
    } catch (error) {
      const message = `The agent cannot answer: ${(error as Error).message}`
      respond(toResponse(request, 500, { code: 'INTERNAL', message }))
    } finally {
      this.#running--
      const next = this.#waiting.shift()
      if (next) void this.#answer(next.request, next.respond)
    }
  }
}

function toResponse({ id }: RequestFrame, status: number, body: unknown): ResponseFrame {
  return { type: 'response', id, status, body }
}
