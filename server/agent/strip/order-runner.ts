/**
 * Carries out the targets of orders, in batches. Whatever moment the process dies at, a repeat of the
 * request or the next start ends with one action and one true receipt:
 *
 *   looked at → journal entry and kept bytes (one commit) → acted → receipt and inventory (one commit)
 *
 * While one batch acts, the next is looked at and the one before is written down, unless two are about the
 * same stream or target.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import pLimit from 'p-limit'
import type { OrderAction, Receipt } from '../../protocol/order.ts'
import { AppError } from '../../shared/app-error.ts'
import { toTimestamp } from '../../shared/clock.ts'
import type { AnyTarget, JournalEntry, Order } from '../state/journal-store.ts'
import { finish } from './finish.ts'
import { Asked, Claims, type FoundJob, type InTurn, Job } from './job.ts'
import { prepare } from './prepare.ts'
import type { OrderTools } from './tools.ts'

/** Two commits for each batch: enough targets that their fsyncs are no cost, few enough to be quick. */
const BATCH_TARGETS = 2_000
/** One is looked at, one acts, one is decided or written down. */
const MOST_BATCHES = 3

/** What was asked for and is not taken yet; jobs are made as they are taken. */
interface Waiting {
  readonly asked: Asked
  readonly targets: readonly AnyTarget[]
  next: number
}

export class OrderRunner {
  readonly #tools: OrderTools
  readonly #looking = inTurns()
  readonly #acting = inTurns()
  /** What was looked at after the end was asked for is not begun. */
  readonly #lookingStill: InTurn = async (work) => {
    const looks = await this.#looking(work)
    if (this.#isClosed) throw stopping()
    return looks
  }
  /** Of all batches at work. */
  readonly #claims = new Claims()
  #waiting: Waiting[] = []
  #pump: Promise<void> = Promise.resolve()
  #isWorking = false
  #idle: () => void = () => undefined
  #isClosed = false

  constructor(tools: OrderTools) {
    this.#tools = tools
  }

  /**
   * One receipt for each target, in their order. Rejects where the state cannot be written. `onlyIfBegun`: the order is
   * over, so what was not begun is refused.
   */
  async run(
    action: OrderAction,
    order: Order,
    targets: readonly AnyTarget[],
    onlyIfBegun = false,
  ): Promise<Receipt[]> {
    const asked = new Asked(action, order, targets.length, onlyIfBegun ? 'ended' : 'order')
    return (await this.#ask(asked, targets)) as Receipt[]
  }

  /**
   * Settles what a crash left open, as far as the disk can be seen. For the start, before anything new: a
   * stream that is half written must not wait for somebody to ask again.
   */
  async recover(): Promise<void> {
    const open = this.#tools.state.journal.listOpen()
    await Promise.all(
      open.map(({ action, order, target }) =>
        this.#ask(new Asked(action, order, 1, 'recovery'), [target]),
      ),
    )
    if (open.length > 0) {
      this.#tools.logger.info({ targets: open.length }, 'interrupted order targets were looked at')
    }
  }

  /** Called whenever there is nothing more to do. */
  onIdle(listener: () => void): void {
    this.#idle = listener
  }

  /** Lets what has begun get its receipts; what is behind it is left to a repeat. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { asked } of this.#waiting) asked.fail(stopping())
    this.#waiting = []
    await this.#pump
  }

  #ask(asked: Asked, targets: readonly AnyTarget[]): Promise<(Receipt | null)[]> {
    if (this.#isClosed) asked.fail(stopping())
    else if (targets.length > 0) {
      this.#waiting.push({ asked, targets, next: 0 })
      if (!this.#isWorking) {
        this.#isWorking = true
        this.#pump = this.#work()
      }
    }
    return asked.receipts
  }

  async #work(): Promise<void> {
    // What is asked for in one go is one batch.
    await null
    const atWork = new Set<Promise<void>>()
    while (this.#waiting.length > 0 || atWork.size > 0) {
      const jobs = atWork.size < MOST_BATCHES ? this.#take() : []
      if (jobs.length === 0) {
        await Promise.race(atWork)
        continue
      }
      const work = this.#carryOut(jobs).then(() => {
        for (const job of jobs) this.#claims.release(job)
        atWork.delete(work)
      })
      atWork.add(work)
    }
    this.#claims.releaseAll()
    // In the same step as the question whether anything waits: who reads a receipt may ask again at once.
    this.#isWorking = false
    this.#idle()
  }

  /** The next jobs in order, up to the first that must wait for one before it. */
  #take(): Job[] {
    const jobs: Job[] = []
    while (jobs.length < BATCH_TARGETS && this.#waiting.length > 0) {
      const first = this.#waiting[0]!
      const job = new Job(first.asked, first.targets[first.next]!, first.next)
      if (!this.#claims.take(job)) break
      jobs.push(job)
      first.next += 1
      if (first.next === first.targets.length) this.#waiting.shift()
    }
    return jobs
  }

  async #carryOut(jobs: readonly Job[]): Promise<void> {
    try {
      const prepared = await prepare(this.#tools, this.#withoutAnswered(jobs), this.#lookingStill)
      await finish(this.#tools, prepared, this.#acting)
    } catch (error) {
      // What is answered already keeps its answer in the journal, for a repeat.
      for (const job of jobs) job.fail(error)
    }
  }

  #withoutAnswered(jobs: readonly Job[]): FoundJob[] {
    const known = this.#tools.state.journal.findAll(jobs.map(({ target }) => target.targetId))
    const open: FoundJob[] = []
    for (const job of jobs) {
      const entry = known.get(job.target.targetId)
      if (entry === undefined || !this.#isAnswered(job, entry)) open.push({ job, entry })
    }
    return open
  }

  /** A target with a receipt is answered with it. An id that stands for another stream is told so. */
  #isAnswered(job: Job, entry: JournalEntry): boolean {
    const { action, target } = job
    if (entry.action !== action || !isSame(entry.target, target)) {
      const at = toTimestamp(this.#tools.clock.now())
      const reason = 'This target id was given to another stream before; nothing was touched.'
      job.settle({ targetId: target.targetId, outcome: 'refused', reason, at })
      return true
    }
    if (entry.receipt) job.settle(entry.receipt)
    return entry.receipt !== null
  }
}

/** Who comes next begins before what follows from this one holds up the JavaScript thread. */
function inTurns(): InTurn {
  const limit = pLimit(1)
  return async (work) => {
    const result = await limit(work)
    await nextTurn()
    return result
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
