/** The inventory's writer, as seen from the event loop's thread. */
import type { Worker } from 'node:worker_threads'
import type { MachineId } from '../../../protocol/ids.ts'
import { FrameError } from '../../../shared/frame-codec.ts'
import { startWorkerClient, type WorkerClient } from '../worker-client.ts'
import { DeltaRefused, InventoryUnavailable, type MachineInventory } from './inventory-engine.ts'
import type { WriteAnswer, WriteJob } from './writer.ts'
import type { FrameJob, WriterOpened } from './writer-worker.ts'

/** `run` rejects with FrameError, DeltaRefused or InventoryUnavailable. */
export type WriterClient = WorkerClient<WriteJob | FrameJob, WriteAnswer>

export interface WriterClientOptions {
  file: string
  /** What each machine holds: when the worker has opened the database, the first time and after each restart. */
  onOpened(held: readonly { machineId: MachineId; held: MachineInventory }[]): void
  retryMs?: number
  onWriter?: ((worker: Worker) => void) | undefined
}

export function startWriter({
  file,
  onOpened,
  retryMs,
  onWriter,
}: WriterClientOptions): Promise<WriterClient> {
  return startWorkerClient<WriteJob | FrameJob, WriteAnswer, WriterOpened>({
    script: new URL('./writer-worker.ts', import.meta.url),
    file,
    probe: { kind: 'probe' },
    onNotice: ({ held }) => onOpened(held),
    refusal: ({ name, message }) => {
      if (name === 'FrameError') return new FrameError(message)
      return name === 'DeltaRefused' ? new DeltaRefused(message) : undefined
    },
    unavailable: (state, options) => new InventoryUnavailable(state, options),
    retryMs,
    onWorker: onWriter,
  })
}
