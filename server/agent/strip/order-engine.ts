/** Guard, quarantine and runner joined: all that carries out orders, for an agent and for one PC alone. */
import type { NativeAddon } from '../../../native/addon.ts'
import type { LocalPolicy } from '../../protocol/policy.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { Scope } from '../scan/scope.ts'
import type { AgentState } from '../state/open-state.ts'
import { Guard } from './guard.ts'
import { OrderRunner } from './order-runner.ts'
import { Quarantine } from './quarantine.ts'
import type { StreamList } from './tools.ts'

export interface OrderEngineOptions {
  readonly stateDir: string
  readonly addon: NativeAddon
  readonly scope: Scope
  readonly state: AgentState
  readonly policy: LocalPolicy
  /** A larger stream is refused: it could not be put back. */
  readonly maxBytes: number
  readonly streams: StreamList | null
  readonly clock: Clock
  readonly logger: Logger
}

export interface OrderEngine {
  readonly runner: OrderRunner
  readonly guard: Guard
  /** Settles first what a crash left open, and keeps the quarantine within its bounds from then on. Before any order. */
  begin(): Promise<void>
  /** Lets what has begun get its receipts. The state stays open. */
  close(): Promise<void>
}

/** The bounds by age bite also on a machine that nobody orders anything of. */
const PRUNE_EVERY_MS = 3_600_000
/** It reads all records, so that many small orders must not each cause it. */
const PRUNE_AT_MOST_EVERY_MS = 60_000

/** Changes nothing before it is to {@link OrderEngine.begin}. */
export async function createOrderEngine(options: OrderEngineOptions): Promise<OrderEngine> {
  const { stateDir, state, policy, maxBytes, clock, logger } = options
  const quarantine = new Quarantine(stateDir)
  await quarantine.clean(state.quarantine)
  const guard = new Guard(policy, maxBytes)
  const runner = new OrderRunner({ ...options, quarantine, guard })
  let pruning = Promise.resolve()
  const prune = () => {
    pruning = pruning
      .then(() => quarantine.prune(state, policy.quarantine, clock, logger))
      .catch((err: unknown) => logger.error({ err }, 'the quarantine could not be pruned'))
  }
  let timer: NodeJS.Timeout | undefined
  const begin = async (): Promise<void> => {
    await runner.recover()
    prune()
    let prunedAt = clock.now()
    runner.onIdle(() => {
      if (clock.now() - prunedAt < PRUNE_AT_MOST_EVERY_MS) return
      prunedAt = clock.now()
      prune()
    })
    timer = setInterval(prune, PRUNE_EVERY_MS)
    timer.unref()
  }
  let begun: Promise<void> | null = null
  return {
    runner,
    guard,
    begin: () => {
      begun ??= begin()
      return begun
    },
    close: async () => {
      await begun?.catch(() => undefined)
      clearInterval(timer)
      await runner.close()
      await pruning
    },
  }
}
