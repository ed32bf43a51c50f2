/** `sidestream order` and its options. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { withAccess } from './access-options.ts'
import type { CliContext } from './cli-context.ts'
import { integerIn, listingFormat, nonEmpty } from './common-options.ts'
import type {
  ConfirmedFlags,
  ListOrdersFlags,
  PlannedFlags,
  PreviewFlags,
  ReasonFlags,
  RetryFlags,
  ShowOrderFlags,
  WatchFlags,
} from './fleet-order-flags.ts'

export function addFleetOrders(program: Command, context: CliContext): void {
  const order = program
    .command('order')
    .description('Orders of a central: what is to be done to named streams, approved and undone.')
    .helpCommand(false)
  addPreview(order, context)
  addCreate(order, context)
  addDecisions(order, context)
  addLooking(order, context)
}

function withCommon(command: Command): Command {
  return withAccess(command).addOption(listingFormat())
}

function withConfirmation(command: Command): Command {
  return withCommon(command)
    .requiredOption(
      '--confirm <number>',
      'how many targets you believe there are',
      integerIn(1, 5_000_000),
    )
    .requiredOption('--reason <text>', 'why; kept in the audit log', nonEmpty)
    .option('--watch', 'follow it to its end, as `order watch` does')
}

function addPreview(order: Command, { terminal, environment, finish }: CliContext): void {
  withCommon(
    order
      .command('preview')
      .description('Freeze exactly what an order would name, and count it. Changes nothing.')
      .argument('[query]', 'such as "zone:3 host:*.example.com ext:exe"')
      .addOption(
        new Option('--action <action>', 'what an order would do')
          .choices(['strip', 'reduce', 'mark'])
          .default('strip'),
      )
      .option('--streams <id...>', 'exactly these streams, by number', integerList)
      .option(
        '--files <file>',
        'for mark: NDJSON with machineId, volumeId, identity, path',
        nonEmpty,
      )
      .option(
        '--done-of <order>',
        'for mark: the files that this strip order took marks off',
        orderId,
      )
      .option(
        '--zone <number>',
        'for mark: 0 this PC, 1 intranet, 2 trusted, 3 internet, 4 restricted',
        integerIn(0, 4),
      )
      .option('--host-url <url>', 'for mark: where the file came from', nonEmpty)
      .option('--referrer-url <url>', 'for mark: the page that led there', nonEmpty)
      .option('--targets', 'list every target instead of counts'),
  ).action(async (query: string | undefined, flags: PreviewFlags) => {
    const { runOrderPreview } = await import('./fleet-order-preview.ts')
    finish(await runOrderPreview(query, flags, environment, terminal))
  })
}

/** How it goes out. */
function withPlan(command: Command): Command {
  return command
    .option('--canary <machines>', 'so many machines first', integerIn(0, 10_000))
    .option('--ramp <percent...>', 'then rising shares of the machines, such as 10 50', percentList)
    .option(
      '--stop-at <percent>',
      'pause itself when more than this share of receipts failed',
      percent,
    )
    .option(
      '--expires <time>',
      'RFC 3339; what was not sent by then expires (default: 30 days)',
      timeToCome,
    )
}

function addCreate(order: Command, { terminal, environment, finish }: CliContext): void {
  const command = order
    .command('create')
    .description('Make an order of a preview: of exactly what it froze.')
    .argument('<preview>', 'its id', previewId)
  withConfirmation(withPlan(command)).action(async (previewId: string, flags: PlannedFlags) => {
    const { runOrderCreate } = await import('./fleet-order-command.ts')
    finish(await runOrderCreate(previewId, flags, environment, terminal))
  })
}

const CONFIRMED = {
  approve: 'Approve an order that somebody else created.',
  undo: 'Order that what this one did is undone: exactly its bytes.',
  retry:
    'Order again what failed, was in use or denied; as that order went out, or as options say.',
} as const

const REASONED = {
  reject: 'Reject an order that waits for approval.',
  pause: 'Send nothing more of an order for now.',
  resume: 'Go on with a paused order.',
  cancel: 'Take back what was not sent yet.',
} as const

function addDecisions(order: Command, { terminal, environment, finish }: CliContext): void {
  for (const deed of ['approve', 'undo', 'retry'] as const) {
    const command = withConfirmation(
      order.command(deed).description(CONFIRMED[deed]).argument('<order>', 'its id', orderId),
    )
    if (deed === 'retry') {
      command.option(
        '--states <state...>',
        'of failed, in-use, denied, refused, expired, cancelled',
      )
      withPlan(command)
    }
    command.action(async (orderId: string, flags: ConfirmedFlags & RetryFlags) => {
      const { runOrderConfirmed } = await import('./fleet-order-command.ts')
      finish(await runOrderConfirmed(deed, orderId, flags, environment, terminal))
    })
  }
  for (const deed of ['reject', 'pause', 'resume', 'cancel'] as const) {
    const command = withCommon(
      order.command(deed).description(REASONED[deed]).argument('<order>', 'its id', orderId),
    )
    const why = ['--reason <text>', 'why; kept in the audit log'] as const
    if (deed === 'cancel') command.option(...why, nonEmpty)
    else command.requiredOption(...why, nonEmpty)
    command.action(async (orderId: string, flags: ReasonFlags) => {
      const { runOrderReasoned } = await import('./fleet-order-command.ts')
      finish(await runOrderReasoned(deed, orderId, flags, environment, terminal))
    })
  }
}

function addLooking(order: Command, { terminal, environment, finish }: CliContext): void {
  withCommon(
    order
      .command('list')
      .description('Orders, newest first.')
      .option('--limit <number>', 'at most so many', integerIn(1, 100_000), 50),
  ).action(async (flags: ListOrdersFlags) => {
    const { runOrderList } = await import('./fleet-order-listing.ts')
    finish(await runOrderList(flags, environment, terminal))
  })
  withCommon(
    order
      .command('show')
      .description('One order: its state, or every target or machine of it.')
      .argument('<order>', 'its id', orderId)
      .addOption(new Option('--targets', 'every target and its receipt').conflicts('machines'))
      .option('--state <state>', 'with --targets: only these, such as changed', nonEmpty)
      .option('--machines', 'machine by machine'),
  ).action(async (orderId: string, flags: ShowOrderFlags) => {
    const { runOrderShow } = await import('./fleet-order-listing.ts')
    finish(await runOrderShow(orderId, flags, environment, terminal))
  })
  withCommon(
    order
      .command('watch')
      .description('Follow an order to its end. Exit code 0: all is done; 3: not all.')
      .argument('<order>', 'its id', orderId)
      .option('--time-limit <seconds>', 'look no longer than this', integerIn(1, 31_536_000)),
  ).action(async (orderId: string, flags: WatchFlags) => {
    const { runOrderWatch } = await import('./fleet-order-command.ts')
    finish(await runOrderWatch(orderId, flags, environment, terminal))
  })
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function previewId(value: string): string {
  if (ID.test(value)) return value
  throw new InvalidArgumentError('It must be the id that `sidestream order preview` printed.')
}

function orderId(value: string): string {
  if (ID.test(value)) return value
  throw new InvalidArgumentError('It must be an id, as `sidestream order list` shows them.')
}

/** As central takes it: UTC. */
function timeToCome(value: string): string {
  const ms = /^\d{4}-\d{2}-\d{2}T/.test(value) ? Date.parse(value) : Number.NaN
  if (ms > Date.now()) return new Date(ms).toISOString()
  throw new InvalidArgumentError('It must be a time to come, such as 2027-12-24T18:00:00Z.')
}

function percent(value: string): number {
  const number = Number(value)
  if (/^\d+(\.\d+)?$/.test(value) && number <= 100) return number
  throw new InvalidArgumentError('It must be a number from 0 to 100.')
}

const percentList = (value: string, before: readonly number[] = []) => [
  ...before,
  integerIn(1, 100)(value),
]

const integerList = (value: string, before: readonly number[] = []) => [
  ...before,
  integerIn(1)(value),
]
