/**
 * The writer, as seen from the event loop's thread: hands jobs to the intake's worker, which hands them on to the
 * writer's, keeps their promises, watches over them.
 *
 * A disk that is full fails jobs, not the worker; it is asked again every few seconds whether it can write. A
 * worker that dies fails what waited for it, and is started anew. In both states jobs are refused at once.
 */
import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MachineId } from '../../../protocol/ids.ts'
import { FrameError } from '../../../shared/frame-codec.ts'
import {
  DeltaRefused,
  type EngineState,
  InventoryUnavailable,
  type MachineInventory,
} from './inventory-engine.ts'
import { YOUNG_GENERATION_MB } from './worker-memory.ts'
import type { WriteAnswer, WriteJob } from './writer.ts'
import type { FrameJob, IntakeRequest, WriterError, WriterMessage } from './writer-messages.ts'
import type { WriterData } from './writer-worker.ts'

export interface WriterClient {
  /** Rejects with FrameError, DeltaRefused or InventoryUnavailable. */
  run(job: WriteJob | FrameJob): Promise<WriteAnswer>
  state(): EngineState
  onState(listener: (state: EngineState) => void): () => void
  /** Commits what was handed over, and ends. */
  close(): Promise<void>
}

export interface WriterClientOptions {
  file: string
  /** What each machine holds: when the worker has opened the database, the first time and after each restart. */
  onOpened(held: readonly { machineId: MachineId; held: MachineInventory }[]): void
  /** How often a full disk is tried, and the pause before a dead worker is started again. */
  retryMs?: number
  onWriter?: ((worker: Worker) => void) | undefined
}

interface Waiting {
  resolve(answer: WriteAnswer): void
  reject(error: Error): void
}

const RETRY_MS = 3_000
/** What SQLite says when there is no space, also where it only learns it from a write that was cut. */
const NO_SPACE = /^SQLITE_(FULL|IOERR)/

/** Resolves when the database is open. Rejects if it cannot be opened: then there is nothing to restart. */
export async function startWriter(options: WriterClientOptions): Promise<WriterClient> {
  const { file, onOpened, onWriter, retryMs = RETRY_MS } = options
  const waiting = new Map<number, Waiting>()
  const listeners = new Set<(state: EngineState) => void>()
  let state: EngineState = { kind: 'ready' }
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

  const post = (job: IntakeRequest['job']): Promise<WriteAnswer> =>
    new Promise((resolve, reject) => {
      lastId += 1
      waiting.set(lastId, { resolve, reject })
      const isFrame = job.kind === 'applyFrame'
      worker.postMessage({ id: lastId, job }, isFrame ? [job.frame.buffer as ArrayBuffer] : [])
    })

  const failure = ({ name, message, code }: WriterError): Error => {
    if (name === 'FrameError') return new FrameError(message)
    if (name === 'DeltaRefused') return new DeltaRefused(message)
    const cause = Object.assign(new Error(message), { name, code })
    if (code !== undefined && NO_SPACE.test(code)) {
      troubled('disk-full', message)
      probeLater()
    }
    return new InventoryUnavailable(state, { cause })
  }

  /** While the disk is full: an empty write, until one is committed. */
  const probeLater = (): void => {
    clearTimeout(retry)
    retry = setTimeout(() => {
      post({ kind: 'probe' }).then(
        () => setState({ kind: 'ready' }),
        () => undefined,
      )
    }, retryMs)
    retry.unref()
  }

  const take = (message: WriterMessage): void => {
    if (message.kind === 'opened') {
      onOpened(message.held)
      setState({ kind: 'ready' })
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
    const { port1: answers, port2: writerPort } = new MessageChannel()
    const started = new Worker(new URL('./intake-worker.ts', import.meta.url), {
      workerData: { file, answers: writerPort } satisfies WriterData,
      transferList: [writerPort],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    })
    worker = started
    onWriter?.(started)
    answers.on('message', take)
    started.on('message', take)
    let reason = 'it ended'
    started.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    started.once('exit', () => {
      if (isClosing) return
      troubled('restarting', reason)
      const error = new InventoryUnavailable(state)
      for (const entry of waiting.values()) entry.reject(error)
      waiting.clear()
      clearTimeout(retry)
      retry = setTimeout(() => void start().catch(() => undefined), retryMs)
    })
    await Promise.race([once(answers, 'message'), once(started, 'exit')])
  }

  await start().catch((error: unknown) => {
    isClosing = true
    clearTimeout(retry)
    throw error
  })
  return {
    run: async (job) => {
      if (state.kind !== 'ready') throw new InventoryUnavailable(state)
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
