/**
 * An agent in a process of its own, made to be killed: the real state on disk, inventory, outbox and link; only
 * instead of scanning it makes its streams change all the time. Its only argument is JSON of {@link BusyOptions}.
 */

import { randomFrom } from '../../../scripts/lib/seeded-random.ts'
import { readIdentity } from '../../../server/agent/config.ts'
import { Inventory } from '../../../server/agent/inventory/inventory.ts'
import { Outbox } from '../../../server/agent/inventory/outbox.ts'
import { Link } from '../../../server/agent/link/link.ts'
import { DEFAULT_TIMINGS } from '../../../server/agent/link/reconnect-policy.ts'
import { machineFacts } from '../../../server/agent/machine-facts.ts'
import { openState } from '../../../server/agent/state/open-state.ts'
import { CentralDoor } from '../../../server/agent/trust/central-door.ts'
import { MachineIdentity } from '../../../server/agent/trust/machine-identity.ts'
import type { Welcome } from '../../../server/protocol/link-frames.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { reportOf } from '../../integration/agent/support/reports.ts'

export interface BusyOptions {
  readonly stateDir: string
  readonly seed: number
  /** Different streams that come and go. */
  readonly keys: number
}

export type FromBusyAgent =
  | { type: 'ready' }
  /** Central did not hold what it had acknowledged. */
  | { type: 'differs' }
  | { type: 'state'; isConnected: boolean; pending: number; present: number }

const TICK_MS = 10
const CHANGES_PER_TICK = 20

const { stateDir, seed, keys }: BusyOptions = JSON.parse(process.argv[2]!)
const random = randomFrom(seed)
const state = openState(stateDir)
const inventory = new Inventory(state)

const tell = (message: FromBusyAgent): void => void process.send?.(message)

class WatchedOutbox extends Outbox {
  override begin(welcome: Pick<Welcome, 'resume' | 'window'>): number | null {
    const buckets = super.begin(welcome)
    if (buckets !== null) tell({ type: 'differs' })
    return buckets
  }
}

const outbox = new WatchedOutbox(state)
const identity = readIdentity(stateDir)!
const link = new Link({
  identity: new MachineIdentity(identity, () => undefined),
  door: new CentralDoor({ centralUrl: identity.centralUrl, pins: () => [], answerMs: 5_000 }),
  facts: machineFacts('0.1.0', `BUSY-${seed}`),
  outbox,
  requests: { run: () => undefined },
  lastScan: () => null,
  isScanDue: () => false,
  onWelcome: () => undefined,
  timings: { ...DEFAULT_TIMINGS, reconnectMinMs: 20, reconnectMaxMs: 300 },
  logger: createLogger('agent', 'silent'),
})
inventory.onChange(() => link.wake())

const churn = setInterval(() => {
  state.transaction(() => {
    for (let n = 0; n < CHANGES_PER_TICK; n++) {
      const report = reportOf(random.below(keys), random.below(1_000))
      if (random.next() < 0.4) inventory.recordGone(report)
      else inventory.recordPresent('/data', report)
    }
  })
}, TICK_MS)

process.on('message', (message: 'quiet' | 'state') => {
  if (message === 'quiet') clearInterval(churn)
  const isConnected = link.status().state === 'connected'
  const { inventory: store } = state
  const [pending, present] = [store.countPending(), store.countPresent()]
  tell({ type: 'state', isConnected, pending, present })
})
link.start()
tell({ type: 'ready' })
