/** What the three threads of writing say to each other: the event loop's, the intake's, the writer's. */
import type { MachineId } from '../../../protocol/ids.ts'
import type { MachineInventory } from './inventory-engine.ts'
import type { PreparedJob, WriteAnswer, WriteJob } from './writer.ts'

/** Event loop → intake. */
export interface IntakeRequest {
  id: number
  job: WriteJob | FrameJob | CloseJob
}

/** A delta as it came from the wire. */
export interface FrameJob {
  kind: 'applyFrame'
  machineId: MachineId
  frame: Uint8Array
  now: number
}

/** No more will come: commit, write the WAL back, end. */
export interface CloseJob {
  kind: 'close'
}

/** Intake → writer. */
export interface WriterRequest {
  id: number
  job: PreparedJob | CloseJob
}

/** Intake and writer → event loop. */
export type WriterMessage =
  | { kind: 'opened'; held: { machineId: MachineId; held: MachineInventory }[] }
  | { kind: 'answers'; answers: WriterAnswer[] }

export type WriterAnswer = { id: number } & ({ answer: WriteAnswer } | { error: WriterError })

export interface WriterError {
  name: string
  message: string
  /** `SQLITE_FULL` and its like. */
  code: string | undefined
}

export function describeError(error: unknown): WriterError {
  const { name, message, code } = error as Error & { code?: string }
  return { name, message, code }
}
