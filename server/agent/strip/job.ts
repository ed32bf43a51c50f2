/** One target on its way through the runner. */
import type { OrderAction, Receipt } from '../../protocol/order.ts'
import type { ScopePlace } from '../scan/scope.ts'
import type { AnyTarget, JournalEntry, Order } from '../state/journal-store.ts'
import type { Decision, Seen } from './decide.ts'
import type { Result } from './result.ts'

export class Job {
  readonly asked: Asked
  readonly target: AnyTarget
  readonly #at: number

  constructor(asked: Asked, target: AnyTarget, at: number) {
    this.asked = asked
    this.target = target
    this.#at = at
  }

  get action(): OrderAction {
    return this.asked.action
  }
  get order(): Order {
    return this.asked.order
  }
  get isRecovery(): boolean {
    return this.asked.why === 'recovery'
  }
  /** The order is over: only what came of it is asked. */
  get isEnded(): boolean {
    return this.asked.why === 'ended'
  }

  /** Null: left open. */
  settle(receipt: Receipt | null): void {
    this.asked.settle(this.#at, receipt)
  }
  fail(error: unknown): void {
    this.asked.fail(error)
  }
}

/**
 * In a recovery nobody asked again: entries left open by a crash, which stay open where their result cannot be seen. Of
 * an order that has ended, nothing new is begun.
 */
type Why = 'order' | 'ended' | 'recovery'

/** What was asked for in one call, and its receipts: one promise, however many targets there are. */
export class Asked {
  readonly action: OrderAction
  readonly order: Order
  readonly why: Why
  /** In the order of the targets. */
  readonly receipts: Promise<(Receipt | null)[]>
  readonly #given: (Receipt | null)[]
  #left: number
  readonly #settled: PromiseWithResolvers<(Receipt | null)[]>

  constructor(action: OrderAction, order: Order, targets: number, why: Why) {
    this.action = action
    this.order = order
    this.why = why
    this.#given = new Array<Receipt | null>(targets).fill(null)
    this.#left = targets
    this.#settled = Promise.withResolvers()
    this.receipts = this.#settled.promise
    if (targets === 0) this.#settled.resolve([])
  }

  settle(at: number, receipt: Receipt | null): void {
    this.#given[at] = receipt
    this.#left -= 1
    if (this.#left === 0) this.#settled.resolve(this.#given)
  }
  fail(error: unknown): void {
    this.#settled.reject(error)
  }
}

export interface FoundJob {
  readonly job: Job
  /** Of an interrupted attempt. */
  readonly entry: JournalEntry | undefined
}

/** Looked at and decided; what is to be kept is kept and the journal says that it has begun. */
export interface PreparedJob {
  readonly job: Job
  /** Null where the journal has no entry yet: an answer needs none before it is given. */
  readonly entryId: number | null
  /** An earlier attempt was interrupted. */
  readonly isResumed: boolean
  readonly decision: Decision
  /** Null only with an answer. */
  readonly place: ScopePlace | null
  readonly seen: Seen | null
}

/** With what came of it. Null: an answer cannot be given, and the entry stays open. */
export interface FinishedJob extends PreparedJob {
  readonly result: Result | null
}

/**
 * What two jobs at work at the same time must not have in common: target ids, and streams. Asked for every target, so
 * by numbers: a set of texts keeps a copy of each among all that the program has. Two that have one number, or are on two volumes,
 * are not told apart, which at worst makes a job wait.
 */
export class Claims {
  readonly #targets = new Set<number>()
  /** Numbers of carriers, by the stream's name in lower case. */
  readonly #carriers = new Map<string, Set<number>>()
  #latest: { readonly stream: string; readonly carriers: Set<number> } | null = null

  /** All that the job is about, or nothing and false: it must wait for one that has a part of it. */
  take({ target }: Job): boolean {
    const carriers = this.#carriersOf(target.stream)
    const carrier = numberOfCarrier(target.identity)
    if (!isAdded(carriers, carrier)) return false
    const own = numberOfTarget(target.targetId)
    if (isAdded(this.#targets, own)) {
      const other = 'strippedTargetId' in target ? numberOfTarget(target.strippedTargetId) : own
      if (other === own || isAdded(this.#targets, other)) return true
      this.#targets.delete(own)
    }
    carriers.delete(carrier)
    return false
  }

  release({ target }: Job): void {
    this.#targets.delete(numberOfTarget(target.targetId))
    if ('strippedTargetId' in target) this.#targets.delete(numberOfTarget(target.strippedTargetId))
    this.#carriersOf(target.stream).delete(numberOfCarrier(target.identity))
  }

  /** Nothing is at work: names of streams are not remembered for ever. */
  releaseAll(): void {
    this.#targets.clear()
    this.#carriers.clear()
    this.#latest = null
  }

  #carriersOf(stream: string): Set<number> {
    // Most targets of an order have one name.
    if (this.#latest?.stream === stream) return this.#latest.carriers
    const name = stream.toLowerCase()
    const carriers = this.#carriers.get(name) ?? new Set()
    this.#carriers.set(name, carriers)
    this.#latest = { stream, carriers }
    return carriers
  }
}

/** Its last 48 bits: random in ids that are given in the order of time. */
function numberOfTarget(targetId: string): number {
  return Number.parseInt(targetId.slice(-12), 16)
}

/** The file's own number, which is what stands first. */
function numberOfCarrier(identity: string): number {
  return Number.parseInt(identity.slice(identity.indexOf(':') + 1), 10)
}

/** False: it was there. One look-up, where to ask first would be two. */
function isAdded(set: Set<number>, value: number): boolean {
  const before = set.size
  return set.add(value).size > before
}

/** The bytes of removed streams that are kept: of these actions. */
export function takesBytes(action: OrderAction): boolean {
  return action === 'strip' || action === 'reduce'
}

/** Runs work of its kind one after another: the disk is asked by one batch at a time. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>
