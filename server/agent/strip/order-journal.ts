/**
 * Makes every target of an order happen once: a target with a receipt is answered from the journal, one
 * without is begun in a commit before anything is touched and gets its receipt in a commit after.
 */
import type { OrderAction, OrderTarget, Receipt, ReceiptOutcome } from '../../protocol/order.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { Order } from '../state/journal-store.ts'
import type { AgentState } from '../state/open-state.ts'
import { OneAtATime } from './one-at-a-time.ts'

export interface Result {
  readonly outcome: ReceiptOutcome
  /** One sentence for people. */
  readonly reason: string
  /** What must be true if and only if the receipt is: committed together with it. */
  readonly commit?: () => void
}

export class OrderJournal {
  readonly #state: AgentState
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #queue = new OneAtATime()
  #isClosed = false

  constructor(state: AgentState, clock: Clock, logger: Logger) {
    this.#state = state
    this.#clock = clock
    this.#logger = logger
  }

  /** `act` turns expected failures into results; what it throws becomes `failed`. */
  run(
    action: OrderAction,
    order: Order,
    target: OrderTarget,
    act: () => Promise<Result>,
  ): Promise<Receipt> {
    return this.#queue.run(async () => {
      if (this.#isClosed) throw stopping()
      const entry = this.#state.journal.find(target.targetId)
      if (entry && !isSame(entry, action, target)) return this.#reused(target)
      if (entry?.receipt) return entry.receipt
      if (!entry) this.#state.journal.begin(action, order, target, this.#now())
      const result = await act().catch((error: unknown) => this.#failed(target, error))
      const receipt = this.#receipt(target, result)
      this.#state.transaction(() => {
        result.commit?.()
        this.#state.journal.finish(receipt)
      })
      this.#logger.info({ action, ...order, ...receipt, path: target.path }, 'order target handled')
      return receipt
    })
  }

  /** Lets the target at work get its receipt; those behind it are left to a repeat. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#queue.idle()
  }

  #failed(target: OrderTarget, error: unknown): Result {
    this.#logger.error({ err: error, targetId: target.targetId }, 'order target failed')
    const message = error instanceof Error ? error.message : String(error)
    return { outcome: 'failed', reason: message }
  }

  /** The journal is the first one's; the second is told and leaves no trace. */
  #reused(target: OrderTarget): Receipt {
    const reason = 'This target id was given to another stream before; nothing was touched.'
    return this.#receipt(target, { outcome: 'refused', reason })
  }

  #receipt({ targetId }: OrderTarget, { outcome, reason }: Result): Receipt {
    return { targetId, outcome, reason: reason.slice(0, 1_024), at: this.#now() }
  }

  #now(): string {
    return toTimestamp(this.#clock.now())
  }
}

function stopping(): AppError {
  return new AppError('AGENT_STOPPING', 503, 'The agent stops. Send the same request again later.')
}

function isSame(
  entry: { action: OrderAction; target: OrderTarget },
  action: OrderAction,
  target: OrderTarget,
): boolean {
  const fields = ['volumeId', 'identity', 'path', 'stream', 'sizeBytes', 'sha256'] as const
  return entry.action === action && fields.every((field) => entry.target[field] === target[field])
}
