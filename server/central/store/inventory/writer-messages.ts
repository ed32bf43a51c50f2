/** What the three threads of writing say to each other: the event loop's, the intake's, the writer's. */
import type { MachineId } from '../../../protocol/ids.ts'
import type { WorkerMessage, WorkerRequest } from '../worker-client.ts'
import type { MachineInventory } from './inventory-engine.ts'
import type { PreparedJob, WriteAnswer, WriteJob } from './writer.ts'

/** Event loop → intake, in lists. */
export type IntakeRequest = WorkerRequest<WriteJob | FrameJob>

/** A delta as it came from the wire. */
export interface FrameJob {
  kind: 'applyFrame'
  machineId: MachineId
  frame: Uint8Array<ArrayBuffer>
  now: number
}

/** Intake → writer, in lists. */
export type WriterRequest = WorkerRequest<PreparedJob>

/** What each machine holds: when the writer has opened the database. */
export type Opened = readonly { machineId: MachineId; held: MachineInventory }[]

/** Intake and writer → event loop. */
export type WriterMessage = WorkerMessage<WriteAnswer, Opened>
