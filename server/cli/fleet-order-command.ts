/** `sidestream order …`: orders of a central, as the console makes them, for scripts and terminals. */
import { readFileSync } from 'node:fs'
import type { OrderPreview } from '../protocol/api/order-previews.ts'
import type { OrderMachinePage } from '../protocol/api/order-targets.ts'
import type { Order, OrderPage } from '../protocol/api/orders.ts'
import type { PreviewRequest } from '../protocol/api/preview-requests.ts'
import { type AccessFlags, accessFrom, CentralClient } from './central-client.ts'
import { badUsage, CliError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import {
  MACHINE_COLUMNS,
  ORDER_COLUMNS,
  orderText,
  PREVIEW_COLUMNS,
  previewText,
} from './fleet-order-text.ts'
import { exitCodeOf, watchOrder } from './fleet-order-watch.ts'
import { counted } from './human.ts'
import type { ListingFormat } from './listing-format.ts'
import { pointingAt } from './query-fault.ts'
import { rowsText } from './row-listing.ts'
import type { Terminal } from './terminal.ts'

export interface FleetOrderFlags extends AccessFlags {
  readonly format: ListingFormat
  readonly verbose?: true
}
export interface PreviewFlags extends FleetOrderFlags {
  readonly action: 'strip' | 'reduce' | 'mark'
  readonly streams?: readonly number[]
  readonly files?: string
  readonly doneOf?: string
  readonly zone?: number
  readonly hostUrl?: string
  readonly referrerUrl?: string
  readonly targets?: true
}
export interface ConfirmedFlags extends FleetOrderFlags {
  readonly confirm: number
  readonly reason: string
  readonly watch?: true
}
export interface CreateFlags extends ConfirmedFlags {
  readonly canary?: number
  readonly ramp?: readonly number[]
  readonly stopAt?: number
  readonly expires?: string
}
export interface RetryFlags extends ConfirmedFlags {
  readonly states?: readonly string[]
}
export interface ReasonFlags extends FleetOrderFlags {
  readonly reason?: string
}
export interface ShowOrderFlags extends FleetOrderFlags {
  readonly targets?: true
  readonly state?: string
  readonly machines?: true
}
export interface ListOrdersFlags extends FleetOrderFlags {
  readonly limit: number
}
export interface WatchFlags extends FleetOrderFlags {
  readonly timeLimit?: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** Signed in for as long as `work` takes. */
async function withCentral(
  flags: AccessFlags,
  environment: Environment,
  terminal: Terminal,
  work: (client: CentralClient) => Promise<number>,
): Promise<number> {
  const client = await CentralClient.signIn(accessFrom(flags, environment), terminal.signal)
  try {
    return await work(client)
  } finally {
    await client.signOut()
  }
}

/** How long one answer may wait for the counting. */
const WAIT_MS = 10_000

export async function runOrderPreview(
  query: string | undefined,
  flags: PreviewFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const request = previewRequest(query, flags)
  return withCentral(flags, environment, terminal, async (client) => {
    const asked = client.post<OrderPreview>(`/orders/previews?waitMs=${WAIT_MS}`, request)
    let preview = await pointingAt(query ?? '', asked)
    while (preview.state === 'counting') {
      terminal.note(`counting: ${counted(preview.counted, 'target')} so far`)
      preview = await client.get<OrderPreview>(
        `/orders/previews/${preview.previewId}?waitMs=${WAIT_MS}`,
      )
    }
    if (preview.state === 'failed') throw new CliError('PREVIEW_FAILED', preview.error)
    if (flags.targets)
      await writeExport(client, `/orders/previews/${preview.previewId}`, {}, flags, terminal)
    else if (flags.format === 'table') await terminal.write(previewText(preview))
    else await terminal.write(rowsText([preview], PREVIEW_COLUMNS, flags.format))
    return ExitCode.complete
  })
}

function previewRequest(query: string | undefined, flags: PreviewFlags): PreviewRequest {
  const { action, streams, files, doneOf, zone } = flags
  const named = [query, streams, files, doneOf].filter((each) => each !== undefined)
  if (named.length !== 1) {
    throw badUsage('name what is meant by one of: a query, --streams, --files, --done-of')
  }
  if (action === 'mark') {
    const selection =
      doneOf !== undefined ? { doneOf } : files === undefined ? null : readFiles(files)
    if (selection === null) throw badUsage('a mark names files: --files FILE or --done-of ORDER')
    if (zone === undefined) throw badUsage('a mark needs its --zone')
    const { hostUrl, referrerUrl } = flags
    const origin = {
      zoneId: zone,
      ...(hostUrl === undefined ? {} : { hostUrl }),
      ...(referrerUrl === undefined ? {} : { referrerUrl }),
    }
    return { action, selection, origin } as PreviewRequest
  }
  if (query !== undefined) return { action, selection: { query } }
  if (streams !== undefined) return { action, selection: { streamIds: [...streams] } }
  throw badUsage(`${action} names streams: a query, or --streams`)
}

/** NDJSON as `order show --targets` or `search` write it; central checks what is in it. */
function readFiles(file: string): object {
  try {
    const lines = readFileSync(file === '-' ? 0 : file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    const files = lines.map((line) => {
      const { machineId, volumeId, identity, path } = JSON.parse(line) as Record<string, unknown>
      return { machineId, volumeId, identity, path }
    })
    return { files }
  } catch (cause) {
    throw badUsage(`${file} is no NDJSON of files: ${(cause as Error).message}`)
  }
}

export async function runOrderCreate(
  previewId: string,
  flags: CreateFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const { confirm: confirmCount, reason, canary, ramp, stopAt, expires } = flags
  const plan = {
    ...(canary === undefined ? {} : { canaryMachines: canary }),
    ...(ramp === undefined ? {} : { rampPercent: ramp }),
    ...(stopAt === undefined ? {} : { stopAtFailedPercent: stopAt }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  }
  return withCentral(flags, environment, terminal, async (client) => {
    const planned = Object.keys(plan).length === 0 ? {} : { plan }
    const body = { previewId, confirmCount, reason, ...planned }
    return showMade(client, await client.post<Order>('/orders', body), flags, terminal)
  })
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
    const body = { confirmCount, reason, ...(states === undefined ? {} : { states }) }
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
      await writeExport(client, place, state === undefined ? {} : { state }, flags, terminal)
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

async function writeOrder(
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
async function writeExport(
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
