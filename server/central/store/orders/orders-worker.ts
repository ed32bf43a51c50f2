/**
 * The worker thread that keeps orders.sqlite. Calls that wait share a transaction, and so a flush; between two transactions
 * a list that is being frozen goes a step further.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '../../../shared/app-error.ts'
import {
  describeError,
  type WorkerAnswer,
  type WorkerMessage,
  type WorkerRequest,
} from '../worker-client.ts'
import { createOrderMethods, type OrderMethods } from './methods.ts'
import { attachInventory, emptyWal, openOrders } from './open-orders.ts'
import type { FreezeSource, NewPreview, OrdersNotice } from './order-types.ts'

export type OrdersJob =
  | { kind: 'call'; method: keyof OrderMethods; args: unknown[] }
  | { kind: 'freeze'; preview: NewPreview; source: FreezeSource; now: number }

type Request = WorkerRequest<OrdersJob>
type Answer = WorkerAnswer<unknown>

/** Of one transaction: bounds how long the first of them waits. */
const MAX_CALLS = 256

const port = parentPort!
const { file } = workerData as { file: string }
const db = openOrders(file)
// What was forgotten before a crash is in there.
emptyWal(db)
attachInventory(db, file)
const { methods, freezer, tells, kept, countOpen } = createOrderMethods(db)
const waiting: Request[] = []
let isScheduled = false

/** A savepoint of its own: what one call could not do, it has not begun. */
const call = db.transaction(({ method, args }: Extract<OrdersJob, { kind: 'call' }>): unknown =>
  (methods[method] as (...args: unknown[]) => unknown)(...args),
)

const runCalls = db.transaction((requests: readonly Request[]): Answer[] =>
  requests.flatMap(({ id, job }): Answer[] => {
    try {
      if (job.kind === 'call') return [{ id, answer: call(job) }]
      if (job.kind === 'freeze') freezer.add(job.preview, job.source, job.now, endingOf(id))
      return []
    } catch (error) {
      // A refusal concerns one call; anything else ends the transaction.
      if (error instanceof AppError) return [{ id, error: describeError(error) }]
      throw error
    }
  }),
)

function endingOf(id: number) {
  return {
    resolve: () => late.push({ id, answer: undefined }),
    reject: (error: unknown) => late.push({ id, error: describeError(error) }),
  }
}
/** Answers of lists that ended, told after the commit. */
const late: Answer[] = []

port.on('message', (requests: Request[]) => {
  waiting.push(...requests)
  schedule()
})
post({ kind: 'notice', notice: { ...nothing(), audits: tells.pending() } })

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  setImmediate(work)
}

function work(): void {
  isScheduled = false
  const requests = waiting.splice(0, MAX_CALLS)
  const closing = requests.findIndex(({ job }) => job.kind === 'close')
  const calls = closing < 0 ? requests : requests.slice(0, closing)
  if (calls.length > 0) answer(run(calls))
  if (calls.some(isTick) && kept.isForgottenInWal() && emptyWal(db)) kept.walEmptied()
  if (closing >= 0) {
    end(requests[closing]!.id)
    return
  }
  const isFreezing = freezer.step()
  if (isFreezing) answer(late.splice(0))
  if (isFreezing || waiting.length > 0) schedule()
}

/** Those come again by themselves, and not often. */
function isTick({ job }: Request): boolean {
  return job.kind === 'call' && job.method === 'tick'
}

function run(calls: readonly Request[]): Answer[] {
  try {
    return runCalls.immediate(calls)
  } catch (error) {
    tells.forget()
    if (calls.length === 1) return [{ id: calls[0]!.id, error: describeError(error) }]
    // One of them is to blame: the others must not suffer.
    return calls.flatMap((one) => run([one]))
  }
}

/** First what happened, so that the audit log has it when the caller goes on. */
function answer(answers: Answer[]): void {
  const told = tells.take()
  if (Object.values(told).some((list) => list.length > 0)) {
    post({ kind: 'notice', notice: { ...told, openOrders: countOpen() } })
  }
  if (answers.length > 0) post({ kind: 'answers', answers: [...answers, ...late.splice(0)] })
}

function end(id: number): void {
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  post({ kind: 'answers', answers: [{ id, answer: undefined }] })
  port.close()
}

function nothing(): OrdersNotice {
  return { audits: [], changed: [], previews: [], wake: [], openOrders: countOpen() }
}

function post(message: WorkerMessage<unknown, OrdersNotice>): void {
  port.postMessage(message)
}
