/**
 * The worker thread that writes. While a transaction runs, what comes waits; then all of it, up to a bound, is the
 * next transaction.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { describeError, type WorkerAnswer } from '../worker-client.ts'
import { closeWriter, openToWrite } from './open-inventory.ts'
import { createPreparedWriter, type Outcome, type PreparedJob, type WriteAnswer } from './writer.ts'
import type { WriterMessage, WriterRequest } from './writer-messages.ts'

export interface WriterData {
  file: string
  /** To the event loop's thread. */
  answers: MessagePort
}

/** Entries of one transaction: bounds how long the first of them waits for its acknowledgement. */
const MAX_ENTRIES = 40_000

const port = parentPort!
const { file, answers: answersPort } = workerData as WriterData
const db = openToWrite(file)
const writer = createPreparedWriter(db)
const waiting: WriterRequest[] = []
let isScheduled = false

port.on('message', (requests: WriterRequest[]) => {
  waiting.push(...requests)
  if (isScheduled) return
  isScheduled = true
  setImmediate(writeWaiting)
})
post({ kind: 'notice', notice: writer.held() })

function writeWaiting(): void {
  isScheduled = false
  const batch = takeBatch()
  const isClosing = waiting[0]?.job.kind === 'close'
  const answers = answersOf(batch.ids, writer.run(batch.jobs))
  if (isClosing) {
    closeWriter(db)
    answers.push({ id: waiting[0]!.id, answer: undefined })
  }
  post({ kind: 'answers', answers })
  if (isClosing) {
    answersPort.close()
    port.close()
  } else if (waiting.length > 0) {
    isScheduled = true
    setImmediate(writeWaiting)
  }
}

/** What goes into one transaction. */
function takeBatch(): { ids: number[]; jobs: PreparedJob[] } {
  const ids: number[] = []
  const jobs: PreparedJob[] = []
  for (let entries = 0; entries < MAX_ENTRIES && waiting.length > 0; ) {
    const { id, job } = waiting[0] as WriterRequest
    // Alone; see PreparedJob.
    if (job.kind === 'close' || (job.kind === 'prune' && jobs.length > 0)) break
    waiting.shift()
    if (job.kind === 'apply') entries += job.delta.upserts.items.length + job.delta.gone.length
    ids.push(id)
    jobs.push(job)
    if (job.kind === 'prune') break
  }
  return { ids, jobs }
}

function answersOf(
  ids: readonly number[],
  outcomes: readonly Outcome[],
): WorkerAnswer<WriteAnswer>[] {
  return outcomes.map((outcome, index) => {
    const id = ids[index] as number
    return 'error' in outcome
      ? { id, error: describeError(outcome.error) }
      : { id, answer: outcome.answer }
  })
}

function post(message: WriterMessage): void {
  answersPort.postMessage(message)
}
