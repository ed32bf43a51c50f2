/**
 * The engine that agent and CLI run, dying in the middle of its calls to the disk. A death is what it leaves:
 * the tree and the state's files as they are at that instant, taken over by an engine of its own. Some operations
 * of the native call may be done by then, and none after. That real processes killed at random leave nothing
 * else is shown by integration/agent/kill.test.ts.
 */
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NativeOperation } from '../../../native/addon.ts'
import {
  type LocalEngine,
  type LocalOptions,
  type LocalTarget,
  openLocalEngine,
} from '../../../server/agent/local.ts'
import type { OrderAction, Receipt } from '../../../server/protocol/order.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { addon } from '../../support/native.ts'

export type Order = readonly [action: OrderAction, target: LocalTarget]

/** After how many operations of which call to the disk the process dies. */
export interface Death {
  readonly call: number
  readonly operations: number
}

/** One operation of a native call, and when that call began and ended. */
export interface Call {
  readonly operation: NativeOperation
  readonly from: bigint
  readonly to: bigint
}

/** What others do at certain moments of the engine's. */
export interface Witness {
  readonly onCall: (operations: readonly NativeOperation[]) => void
  /** Between looking at these and acting on them. */
  readonly onLooked: (operations: readonly NativeOperation[]) => Promise<void>
}

export interface CarriedOut {
  readonly engine: LocalEngine
  readonly receipts: Receipt[]
  readonly calls: readonly Call[]
  /** Of the engine that lives. */
  readonly stateDir: string
}

/** All receipts, whatever dies on the way. The first engine's state is in `state-0`. */
export async function carriedOut(
  base: string,
  root: string,
  orders: readonly Order[],
  deaths: readonly Death[],
  witness: Witness,
): Promise<CarriedOut> {
  const calls: Call[] = []
  for (const [attempt, death] of [...deaths, null].entries()) {
    const { promise: died, resolve: die } = Promise.withResolvers<null>()
    const { native, spare } = mortal(witness, calls, death, () => die(null))
    const stateDir = join(base, `state-${attempt}`)
    const work = async () => {
      const engine = await anEngine(stateDir, root, native)
      return { engine, receipts: await receiptsOf(engine, orders), calls, stateDir }
    }
    const result = await Promise.race([work(), died])
    if (result) {
      spare()
      return result
    }
    takeOver(stateDir, join(base, `state-${attempt + 1}`))
  }
  throw new Error('the last attempt does not die')
}

/** In the order of the targets, actions grouped. */
export async function receiptsOf(
  engine: LocalEngine,
  orders: readonly Order[],
): Promise<Receipt[]> {
  const receipts: Receipt[] = []
  for (const [action, list] of Map.groupBy(orders, ([action]) => action)) {
    const targets = list.map(([, target]) => target)
    receipts.push(...(await engine.run(action, targets, 'random')))
  }
  return receipts
}

export function anEngine(
  stateDir: string,
  root: string,
  native: LocalOptions['addon'],
): Promise<LocalEngine> {
  return openLocalEngine({
    stateDir,
    roots: [root],
    hints: {},
    addon: native,
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  })
}

/** What waits for the call in which it dies waits for ever. From `spare` on it lives. */
function mortal(witness: Witness, calls: Call[], death: Death | null, die: () => void) {
  let count = 0
  let isSpared = false
  const native: LocalOptions['addon'] = {
    ...addon,
    carryOut: async (target, operations, hints) => {
      const isLast = !isSpared && death !== null && count === death.call
      count += 1
      const done = isLast ? operations.slice(0, death.operations) : operations
      witness.onCall(done)
      const from = process.hrtime.bigint()
      const results = await addon.carryOut(target, done, hints)
      const to = process.hrtime.bigint()
      for (const operation of done) calls.push({ operation, from, to })
      if (isLast) {
        die()
        return new Promise(() => undefined)
      }
      await witness.onLooked(done.filter(({ act }) => act === 'look'))
      return results
    },
  }
  const spare = () => {
    isSpared = true
  }
  return { native, spare }
}

/** What of its state a dead process leaves. */
function takeOver(stateDir: string, to: string): void {
  mkdirSync(to, { mode: 0o700 })
  for (const name of ['state.db', 'state.db-wal', 'quarantine']) {
    if (existsSync(join(stateDir, name)))
      cpSync(join(stateDir, name), join(to, name), { recursive: true })
  }
}
