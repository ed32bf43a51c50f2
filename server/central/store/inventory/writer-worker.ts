/**
 * The worker thread that writes. While a transaction runs, what comes waits; then all of it, up to a bound, is the
 * next transaction.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { MachineId } from '../../../protocol/ids.ts'
import {
  describeError,
  type WorkerMessage as StoreMessage,
  type WorkerAnswer,
  type WorkerRequest,
} from '../worker-client.ts'
import { decodeDelta } from './decode-delta.ts'
import type { MachineInventory } from './inventory-engine.ts'
import { closeWriter, openToWrite } from './open-inventory.ts'
import type { WriteAnswer, WriteJob } from './writer.ts'
import { createWriter, type Outcome } from './writer.ts'

type WriterRequest = WorkerRequest<WriteJob | FrameJob>

/** A delta as it came from the wire. */
export interface FrameJob {
  kind: 'applyFrame'
  machineId: MachineId
  frame: Uint8Array
  now: number
}

export interface WriterOpened {
  held: { machineId: MachineId; held: MachineInventory }[]
}

type WriterMessage = StoreMessage<WriteAnswer, WriterOpened>
type WriterAnswer = WorkerAnswer<WriteAnswer>

/** Entries of one transaction: bounds how long the first of them waits for its acknowledgement. */
const MAX_ENTRIES = 20_000

const port = parentPort!
const db = openToWrite((workerData as { file: string }).file)
const writer = createWriter(db)
const waiting: WriterRequest[] = []
let isScheduled = false

port.on('message', (request: WriterRequest) => {
  waiting.push(request)
  if (isScheduled) return
  isScheduled = true
  setImmediate(writeWaiting)
})
post({ kind: 'notice', notice: { held: writer.held() } })

function writeWaiting(): void {
  isScheduled = false
  const ids: number[] = []
  const jobs: WriteJob[] = []
  const answers: WriterAnswer[] = []
  let closeId: number | null = null
  for (let entries = 0; entries < MAX_ENTRIES && waiting.length > 0; ) {
    const { id, job } = waiting.shift() as WriterRequest
    if (job.kind === 'close') {
      closeId = id
      break
    }
    try {
      const ready = job.kind === 'applyFrame' ? toApply(job) : job
      if (ready.kind === 'apply') entries += ready.delta.upserts.length + ready.delta.gone.length
      ids.push(id)
      jobs.push(ready)
    } catch (error) {
      answers.push({ id, error: describeError(error) })
    }
  }
  if (jobs.length > 0) answers.push(...answersOf(ids, writer.run(jobs)))
  if (closeId !== null) {
    closeWriter(db)
    answers.push({ id: closeId, answer: undefined })
  }
  post({ kind: 'answers', answers })
  if (closeId !== null) port.close()
  else if (waiting.length > 0) {
    isScheduled = true
    setImmediate(writeWaiting)
  }
}

function toApply({ machineId, frame, now }: FrameJob): WriteJob {
  return { kind: 'apply', machineId, delta: decodeDelta(frame), now }
}

function answersOf(ids: readonly number[], outcomes: readonly Outcome[]): WriterAnswer[] {
  return outcomes.map((outcome, index) => {
    const id = ids[index] as number
    return 'error' in outcome
      ? { id, error: describeError(outcome.error) }
      : { id, answer: outcome.answer }
  })
}

function post(message: WriterMessage): void {
  port.postMessage(message)
}
