/** `sidestream order create`, `approve`, `watch` …: what is done with an order, as the console does it. */
import type { Order } from '../protocol/api/orders.ts'
import type { CentralClient } from './central-client.ts'
import type { Environment } from './cli-context.ts'
import { ExitCode } from './exit-code.ts'
import type {
  ConfirmedFlags,
  PlannedFlags,
  ReasonFlags,
  RetryFlags,
  WatchFlags,
} from './fleet-order-flags.ts'
import { writeOrder } from './fleet-order-listing.ts'
import { exitCodeOf, watchOrder } from './fleet-order-watch.ts'
import type { Terminal } from './terminal.ts'
import { withCentral } from './with-central.ts'

export async function runOrderCreate(
  previewId: string,
  flags: PlannedFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const { confirm: confirmCount, reason } = flags
  return withCentral(flags, environment, terminal, async (client) => {
    const body = { previewId, confirmCount, reason, ...planned(flags) }
    return showMade(client, await client.post<Order>('/orders', body), flags, terminal)
  })
}

/** Nothing where no option says how it goes out. */
function planned({ canary, ramp, stopAt, expires }: PlannedFlags): { plan?: object } {
  const plan = {
    ...(canary === undefined ? {} : { canaryMachines: canary }),
    ...(ramp === undefined ? {} : { rampPercent: ramp }),
    ...(stopAt === undefined ? {} : { stopAtFailedPercent: stopAt }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  }
  return Object.keys(plan).length === 0 ? {} : { plan }
}

/** What needs the count of what it is about, and why. */
export async function runOrderConfirmed(
  deed: 'approve' | 'undo' | 'retry',
  orderId: string,
  flags: RetryFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const { confirm: confirmCount, reason, states } = flags
  return withCentral(flags, environment, terminal, async (client) => {
    const chosen = states === undefined ? {} : { states }
    const body = { confirmCount, reason, ...chosen, ...planned(flags) }
    const order = await client.post<Order>(`/orders/${orderId}/${deed}`, body)
    return showMade(client, order, flags, terminal)
  })
}

export async function runOrderReasoned(
  deed: 'reject' | 'pause' | 'resume' | 'cancel',
  orderId: string,
  flags: ReasonFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const { reason } = flags
  return withCentral(flags, environment, terminal, async (client) => {
    const body = reason === undefined ? {} : { reason }
    await writeOrder(await client.post<Order>(`/orders/${orderId}/${deed}`, body), flags, terminal)
    return ExitCode.complete
  })
}

async function showMade(
  client: CentralClient,
  order: Order,
  flags: ConfirmedFlags,
  terminal: Terminal,
): Promise<number> {
  if (flags.watch) return follow(client, order.orderId, flags, terminal)
  await writeOrder(order, flags, terminal)
  return ExitCode.complete
}

export async function runOrderWatch(
  orderId: string,
  flags: WatchFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return withCentral(flags, environment, terminal, (client) =>
    follow(client, orderId, flags, terminal),
  )
}

async function follow(
  client: CentralClient,
  orderId: string,
  flags: WatchFlags,
  terminal: Terminal,
): Promise<number> {
  const isEach = flags.format === 'ndjson'
  const changed = async (order: Order) => {
    if (isEach) await writeOrder(order, flags, terminal)
  }
  const order = await watchOrder(
    client,
    { orderId, timeLimitSeconds: flags.timeLimit, changed },
    terminal,
  )
  if (!isEach) await writeOrder(order, flags, terminal)
  return exitCodeOf(order)
}
