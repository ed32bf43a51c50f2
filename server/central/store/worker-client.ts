/**
 * A worker that keeps a database, as seen from the event loop's thread: hands jobs over, keeps its promises, watches
 * over it.
 *
 * A disk that is full fails jobs, not the worker; it is asked again every few seconds whether it can write. A
 * worker that dies fails what waited for it, and is started anew. In both states jobs are refused at once.
 */
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import type { EngineState } from './inventory/inventory-engine.ts'

export interface WorkerClient<Job, Answer> {
  run(job: Job): Promise<Answer>
  state(): EngineState
  onState(listener: (state: EngineState) => void): () => void
  /** Commits what was handed over, and ends. */
  close(): Promise<void>
}

export interface WorkerClientOptions<Job, Answer, Notice> {
  /** All that it says goes to `take`, whichever way it comes. */
  startWorker(take: (message: WorkerMessage<Answer, Notice>) => void): Worker
  /** What of a job is handed over without a copy. */
  buffersOf?: (job: Job) => ArrayBuffer[]
  /** Writes, and changes nothing: whether it can. */
  probe: Job
  /** What the worker tells by itself. The first one of each start says that the database is open. */
  onNotice(notice: Notice): void
  /** Errors that are about one job; undefined: the store itself is in trouble. */
  refusal(error: WorkerError): Error | undefined
  unavailable(state: EngineState, options?: { cause: unknown }): Error
  /** How often a full disk is tried, and the pause before a dead worker is started again. */
  retryMs?: number | undefined
  onWorker?: ((worker: Worker) => void) | undefined
}

/** A worker gets lists of these. */
export type WorkerRequest<Job> =
  | { id: number; job: Job }
  /** No more will come: commit, write the WAL back, end. */
  | { id: number; job: { kind: 'close' } }

export type WorkerMessage<Answer, Notice> =
  | { kind: 'notice'; notice: Notice }
  | { kind: 'answers'; answers: WorkerAnswer<Answer>[] }

export type WorkerAnswer<Answer> = { id: number } & ({ answer: Answer } | { error: WorkerError })

/** What a job threw, in a form that survives the way back: classes do not. */
export interface WorkerError {
  name: string
  message: string
  /** `SQLITE_FULL` and its like, or of an AppError. */
  code: string | undefined
  /** Of an AppError. */
  statusCode?: number | undefined
  details?: unknown
}

export function describeError(error: unknown): WorkerError {
  const { name, message, code, statusCode, details } = error as WorkerError
  return { name, message, code, statusCode, details }
}

interface Waiting<Answer> {
  resolve(answer: Answer): void
  reject(error: Error): void
}

const RETRY_MS = 3_000
/** What SQLite says when there is no space, also where it only learns it from a write that was cut. */
const NO_SPACE = /^SQLITE_(FULL|IOERR)/

/** Resolves when the database is open. Rejects if it cannot be opened: then there is nothing to restart. */
export async function startWorkerClient<Job extends object, Answer, Notice>(
  options: WorkerClientOptions<Job, Answer, Notice>,
): Promise<WorkerClient<Job, Answer>> {
  const { startWorker, probe, onNotice, refusal, unavailable, onWorker } = options
  const retryMs = options.retryMs ?? RETRY_MS
  const waiting = new Map<number, Waiting<Answer>>()
  const listeners = new Set<(state: EngineState) => void>()
  let state: EngineState = { kind: 'ready' }
  /** Of this turn of the event loop: to wake a thread for each of them would cost more than what they hold. */
  let outgoing: WorkerRequest<Job>[] = []
  let buffers: ArrayBuffer[] = []
  let lastId = 0
  let isClosing = false
  let retry: NodeJS.Timeout | undefined
  let worker: Worker

  const setState = (next: EngineState): void => {
    if (next.kind === 'ready' && state.kind === 'ready') return
    state = next
    for (const listener of listeners) listener(next)
  }
  const troubled = (kind: 'disk-full' | 'restarting', message: string): void => {
    if (state.kind !== kind) setState({ kind, since: Date.now(), message })
  }

  const send = (): void => {
    if (outgoing.length > 0) worker.postMessage(outgoing, buffers)
    outgoing = []
    buffers = []
  }
  const post = (job: WorkerRequest<Job>['job']): Promise<Answer> =>
    new Promise((resolve, reject) => {
      lastId += 1
      waiting.set(lastId, { resolve, reject })
      if (outgoing.length === 0) setImmediate(send)
      outgoing.push({ id: lastId, job } as WorkerRequest<Job>)
    })

  const failure = (error: WorkerError): Error => {
    const refused = refusal(error)
    if (refused !== undefined) return refused
    const { name, message, code } = error
    const cause = Object.assign(new Error(message), { name, code })
    if (code !== undefined && NO_SPACE.test(code)) {
      troubled('disk-full', message)
      probeLater()
    }
    return unavailable(state, { cause })
  }

  /** While the disk is full: an empty write, until one is committed. */
  const probeLater = (): void => {
    clearTimeout(retry)
    retry = setTimeout(() => {
      post(probe).then(
        () => setState({ kind: 'ready' }),
        () => undefined,
      )
    }, retryMs)
    retry.unref()
  }

  const take = (message: WorkerMessage<Answer, Notice>): void => {
    if (message.kind === 'notice') {
      onNotice(message.notice)
      return
    }
    for (const answered of message.answers) {
      const entry = waiting.get(answered.id)
      waiting.delete(answered.id)
      if ('error' in answered) entry?.reject(failure(answered.error))
      else entry?.resolve(answered.answer)
    }
  }

  const start = async (): Promise<void> => {
    const opened = Promise.withResolvers<void>()
    let isOpen = false
    const started = startWorker((message) => {
      take(message)
      if (isOpen || message.kind !== 'notice') return
      isOpen = true
      setState({ kind: 'ready' })
      opened.resolve()
    })
    worker = started
    onWorker?.(started)
    let reason = 'it ended'
    started.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    started.once('exit', () => {
      if (isClosing) return
      troubled('restarting', reason)
      const error = unavailable(state)
      for (const entry of waiting.values()) entry.reject(error)
      waiting.clear()
      // Or the next worker would do what was refused.
      outgoing = []
      buffers = []
      clearTimeout(retry)
      retry = setTimeout(() => void start().catch(() => undefined), retryMs)
    })
    // Rejects where the worker ends with an error.
    await Promise.race([opened.promise, once(started, 'exit')])
  }

  await start().catch((error: unknown) => {
    isClosing = true
    clearTimeout(retry)
    throw error
  })
  return {
    run: async (job) => {
      if (state.kind !== 'ready') throw unavailable(state)
      if (options.buffersOf) buffers.push(...options.buffersOf(job))
      return post(job)
    },
    state: () => state,
    onState: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: async () => {
      isClosing = true
      clearTimeout(retry)
      if (state.kind === 'restarting') return
      const exited = once(worker, 'exit')
      await Promise.race([post({ kind: 'close' }).catch(() => undefined), exited])
      await exited
    },
  }
}
