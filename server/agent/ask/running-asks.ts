/** The questions that run now: few at a time, each with its time limit, and each can be cancelled. */
import type { StoppedBy } from '../../protocol/ask.ts'
import { AppError } from '../../shared/app-error.ts'

/** Fewer than the requests that the link runs at once, so that orders and cancels always get through. */
const MAX_RUNNING = 2

/** Aborts with the limit that was met. */
export class AskStopped extends Error {
  override readonly name = 'AskStopped'
  readonly by: NonNullable<StoppedBy>

  constructor(by: NonNullable<StoppedBy>) {
    super(`the question was stopped: ${by}`)
    this.by = by
  }
}

export class RunningAsks {
  readonly #running = new Map<string, { stop: AbortController; done: Promise<void> }>()
  #isClosed = false

  /** Runs `work` until it is done, or its signal says {@link AskStopped}, which it must heed. */
  async run<Reply>(
    askId: string,
    timeMs: number,
    work: (signal: AbortSignal) => Promise<Reply>,
  ): Promise<Reply> {
    if (this.#isClosed || this.#running.size >= MAX_RUNNING || this.#running.has(askId)) {
      const message = `The agent answers ${MAX_RUNNING} questions at a time. Ask again later.`
      throw new AppError('AGENT_BUSY', 503, message)
    }
    const stop = new AbortController()
    const done = Promise.withResolvers<void>()
    this.#running.set(askId, { stop, done: done.promise })
    const timer = setTimeout(() => stop.abort(new AskStopped('time')), timeMs)
    try {
      return await work(stop.signal)
    } finally {
      clearTimeout(timer)
      this.#running.delete(askId)
      done.resolve()
    }
  }

  /** False: no such question runs; it may be done, or never have come. */
  cancel(askId: string): boolean {
    const running = this.#running.get(askId)
    running?.stop.abort(new AskStopped('cancelled'))
    return running !== undefined
  }

  /** Stops all and waits for their ends. */
  async close(): Promise<void> {
    this.#isClosed = true
    const all = [...this.#running.values()]
    for (const { stop } of all) stop.abort(new AskStopped('cancelled'))
    await Promise.all(all.map(({ done }) => done))
  }
}
