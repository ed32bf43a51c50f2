/** `sidestream order list` and `show`: orders, their machines and their targets, as listings. */
import type { OrderMachinePage } from '../protocol/api/order-targets.ts'
import type { Order, OrderPage } from '../protocol/api/orders.ts'
import type { CentralClient } from './central-client.ts'
import type { Environment } from './cli-context.ts'
import { ExitCode } from './exit-code.ts'
import type { FleetOrderFlags, ListOrdersFlags, ShowOrderFlags } from './fleet-order-flags.ts'
import { MACHINE_COLUMNS, ORDER_COLUMNS, orderText } from './fleet-order-text.ts'
import { rowsText } from './row-listing.ts'
import type { Terminal } from './terminal.ts'
import { withCentral } from './with-central.ts'

export async function runOrderShow(
  orderId: string,
  flags: ShowOrderFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return withCentral(flags, environment, terminal, async (client) => {
    const place = `/orders/${orderId}`
    const { state } = flags
    if (flags.targets) {
      await writeTargets(client, place, state === undefined ? {} : { state }, flags, terminal)
    } else if (flags.machines) {
      const machines = await allPages<OrderMachinePage, 'machines'>(
        client,
        `${place}/machines`,
        'machines',
      )
      await terminal.write(rowsText(machines, MACHINE_COLUMNS, flags.format))
    } else await writeOrder(await client.get<Order>(place), flags, terminal)
    return ExitCode.complete
  })
}

export async function runOrderList(
  flags: ListOrdersFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return withCentral(flags, environment, terminal, async (client) => {
    const orders = await allPages<OrderPage, 'orders'>(client, '/orders', 'orders', flags.limit)
    await terminal.write(rowsText(orders, ORDER_COLUMNS, flags.format))
    return ExitCode.complete
  })
}

export async function writeOrder(
  order: Order,
  { format }: FleetOrderFlags,
  terminal: Terminal,
): Promise<void> {
  const text = format === 'table' ? orderText(order) : rowsText([order], ORDER_COLUMNS, format)
  await terminal.write(text)
}

interface TargetLine {
  hostname: string
  path: string
  stream: string
  sizeBytes: number
  state?: string
  reason?: string
}

/** Central's own export for programs; a table of it for people. */
export async function writeTargets(
  client: CentralClient,
  place: string,
  filter: Record<string, string>,
  { format }: FleetOrderFlags,
  terminal: Terminal,
): Promise<void> {
  const wanted = format === 'csv' ? 'csv' : 'ndjson'
  const path = `${place}/export?${new URLSearchParams({ ...filter, format: wanted })}`
  if (format !== 'table') {
    for await (const text of client.text(path)) await terminal.write(text)
    return
  }
  const rows: TargetLine[] = []
  for await (const row of client.lines<TargetLine>(path)) rows.push(row)
  const columns = {
    state: (row: TargetLine) => row.state ?? 'frozen',
    machine: (row: TargetLine) => row.hostname,
    stream: (row: TargetLine) => row.stream,
    path: (row: TargetLine) => row.path,
    reason: (row: TargetLine) => row.reason ?? '',
  }
  await terminal.write(rowsText(rows, columns, 'table'))
}

const PAGE_ROWS = 200

async function allPages<Page extends { cursor: string | null }, Key extends keyof Page>(
  client: CentralClient,
  path: string,
  key: Key,
  limit = Infinity,
): Promise<(Page[Key] extends (infer Row)[] ? Row : never)[]> {
  const rows: (Page[Key] extends (infer Row)[] ? Row : never)[] = []
  let cursor: string | null = null
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE_ROWS, limit - rows.length)) })
    if (cursor !== null) query.set('cursor', cursor)
    const page: Page = await client.get<Page>(`${path}?${query}`)
    rows.push(...(page[key] as typeof rows))
    cursor = page.cursor
  } while (cursor !== null && rows.length < limit)
  return rows
}
