/**
 * Carries out the targets of orders, in batches. Whatever moment the process dies at, a repeat of the
 * request or the next start ends with one action and one true receipt:
 *
 *   looked at → journal entry and kept bytes (one commit) → acted → receipt and inventory (one commit)
 *
 * While one batch acts, the next is looked at, unless both are about the same stream or target.
 */
import type { OrderAction, Receipt } from '../../protocol/order.ts'
import { AppError } from '../../shared/app-error.ts'
import { toTimestamp } from '../../shared/clock.ts'
import type { AnyTarget, JournalEntry, Order } from '../state/journal-store.ts'
import { finish } from './finish.ts'
import { claimsOf, type FoundJob, type Job, type PreparedJob } from './job.ts'
import { prepare } from './prepare.ts'
import type { OrderTools } from './tools.ts'

/** Two commits for each batch: enough targets that their fsyncs are no cost, few enough to be quick. */
const BATCH_TARGETS = 4_000

export class OrderRunner {
  readonly #tools: OrderTools
  #waiting: Job[] = []
  #pump: Promise<void> = Promise.resolve()
  #isWorking = false
  #idle: () => void = () => undefined
  #isClosed = false

  constructor(tools: OrderTools) {
    this.#tools = tools
  }

  /** One receipt for each target, in their order. Rejects where the state cannot be written. */
  async run(action: OrderAction, order: Order, targets: readonly AnyTarget[]): Promise<Receipt[]> {
    const receipts = targets.map((target) => this.#add(action, order, target, false))
    return (await Promise.all(receipts)) as Receipt[]
  }

  /**
   * Settles what a crash left open, as far as the disk can be seen. For the start, before anything new: a
   * stream that is half written must not wait for somebody to ask again.
   */
  async recover(): Promise<void> {
    const open = this.#tools.state.journal.listOpen()
    await Promise.all(
      open.map(({ action, order, target }) => this.#add(action, order, target, true)),
    )
    if (open.length > 0) {
      this.#tools.logger.info({ targets: open.length }, 'interrupted order targets were looked at')
    }
  }

  /** Called whenever there is nothing more to do. */
  onIdle(listener: () => void): void {
    this.#idle = listener
  }

  /** Lets the batch at work get its receipts; what is behind it is left to a repeat. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const job of this.#waiting) job.fail(stopping())
    this.#waiting = []
    await this.#pump
  }

  #add(
    action: OrderAction,
    order: Order,
    target: AnyTarget,
    isRecovery: boolean,
  ): Promise<Receipt | null> {
    return new Promise((settle, fail) => {
      if (this.#isClosed) return fail(stopping())
      this.#waiting.push({ action, order, target, isRecovery, settle, fail })
      if (this.#isWorking) return
      this.#isWorking = true
      this.#pump = this.#work()
    })
  }

  async #work(): Promise<void> {
    // What is asked for in one go is one batch.
    await null
    let acting: Promise<void> = Promise.resolve()
    let claimed: ReadonlySet<string> = new Set()
    do {
      while (this.#waiting.length > 0) {
        if (claimsOf(this.#waiting[0]!).some((claim) => claimed.has(claim))) await acting
        const batch = this.#take(claimed)
        const prepared = await this.#prepare(batch.jobs)
        await acting
        claimed = batch.claims
        acting = this.#act(prepared).then(() => {
          claimed = new Set()
        })
      }
      await acting
    } while (this.#waiting.length > 0)
    // In the same step as the question whether anything waits: who reads a receipt may ask again at once.
    this.#isWorking = false
    this.#idle()
  }

  /** The next jobs in order, up to the first that must wait for one before it. */
  #take(claimed: ReadonlySet<string>): { jobs: Job[]; claims: Set<string> } {
    const claims = new Set<string>()
    let count = 0
    for (const job of this.#waiting) {
      const own = claimsOf(job)
      if (count === BATCH_TARGETS || own.some((claim) => claims.has(claim) || claimed.has(claim))) {
        break
      }
      for (const claim of own) claims.add(claim)
      count += 1
    }
    return { jobs: this.#waiting.splice(0, count), claims }
  }

  async #prepare(jobs: readonly Job[]): Promise<PreparedJob[]> {
    try {
      const open: FoundJob[] = []
      for (const job of jobs) {
        const entry = this.#tools.state.journal.find(job.target.targetId)
        if (entry === undefined || !this.#isAnswered(job, entry)) open.push({ job, entry })
      }
      return await prepare(this.#tools, open)
    } catch (error) {
      // Those that are answered already keep their answer.
      for (const job of jobs) job.fail(error)
      return []
    }
  }

  async #act(prepared: readonly PreparedJob[]): Promise<void> {
    try {
      await finish(this.#tools, prepared)
    } catch (error) {
      for (const { job } of prepared) job.fail(error)
    }
  }

  /** A target with a receipt is answered with it. An id that stands for another stream is told so. */
  #isAnswered({ action, target, settle }: Job, entry: JournalEntry): boolean {
    if (entry.action !== action || !isSame(entry.target, target)) {
      const at = toTimestamp(this.#tools.clock.now())
      const reason = 'This target id was given to another stream before; nothing was touched.'
      settle({ targetId: target.targetId, outcome: 'refused', reason, at })
      return true
    }
    if (entry.receipt) settle(entry.receipt)
    return entry.receipt !== null
  }
}

function stopping(): AppError {
  return new AppError('AGENT_STOPPING', 503, 'The agent stops. Send the same request again later.')
}

const FIELDS = [
  'volumeId',
  'identity',
  'path',
  'stream',
  'sizeBytes',
  'sha256',
  'strippedTargetId',
] as const

function isSame(one: AnyTarget, other: AnyTarget): boolean {
  const [a, b] = [one, other] as Partial<Record<(typeof FIELDS)[number], unknown>>[]
  const origins = [one, other].map((target) => JSON.stringify('origin' in target && target.origin))
  return FIELDS.every((field) => a?.[field] === b?.[field]) && origins[0] === origins[1]
}
