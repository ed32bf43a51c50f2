/**
 * The writer, as seen from the event loop's thread. Jobs go to the intake's worker, which hands them on to the writer's;
 * the writer answers by a way of its own.
 */
import { MessageChannel, Worker } from 'node:worker_threads'
import { FrameError } from '../../../shared/frame-codec.ts'
import { startWorkerClient, type WorkerClient, type WorkerError } from '../worker-client.ts'
import { DeltaRefused, InventoryUnavailable } from './inventory-engine.ts'
import { YOUNG_GENERATION_MB } from './worker-memory.ts'
import type { WriteAnswer, WriteJob } from './writer.ts'
import type { FrameJob, Opened, WriterMessage } from './writer-messages.ts'
import type { WriterData } from './writer-worker.ts'

/** Its jobs reject with FrameError, DeltaRefused or InventoryUnavailable. */
export type WriterClient = WorkerClient<WriteJob | FrameJob, WriteAnswer>

export interface WriterClientOptions {
  file: string
  /** When the worker has opened the database, the first time and after each restart. */
  onOpened(held: Opened): void
  /** How often a full disk is tried, and the pause before a dead worker is started again. */
  retryMs?: number | undefined
  onWriter?: ((worker: Worker) => void) | undefined
}

/** Resolves when the database is open. Rejects if it cannot be opened: then there is nothing to restart. */
export function startWriter(options: WriterClientOptions): Promise<WriterClient> {
  return startWorkerClient<WriteJob | FrameJob, WriteAnswer, Opened>({
    startWorker: (take) => startIntake(options.file, take),
    buffersOf: (job) => (job.kind === 'applyFrame' ? [job.frame.buffer] : []),
    probe: { kind: 'probe' },
    onNotice: options.onOpened,
    refusal,
    unavailable: (state, cause) => new InventoryUnavailable(state, cause),
    retryMs: options.retryMs,
    onWorker: options.onWriter,
  })
}

function startIntake(file: string, take: (message: WriterMessage) => void): Worker {
  const { port1: answers, port2: writerPort } = new MessageChannel()
  const intake = new Worker(new URL('./intake-worker.ts', import.meta.url), {
    workerData: { file, answers: writerPort } satisfies WriterData,
    transferList: [writerPort],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  })
  answers.on('message', take)
  return intake.on('message', take)
}

function refusal({ name, message }: WorkerError): Error | undefined {
  if (name === 'FrameError') return new FrameError(message)
  return name === 'DeltaRefused' ? new DeltaRefused(message) : undefined
}
