/** The commands that change streams of this PC, and their options. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type {
  MarkFlags,
  QuarantineFlags,
  ReduceFlags,
  RestoreFlags,
  StripFlags,
} from './order-command.ts'
import type { CliContext } from './program.ts'

const state = () =>
  new Option('--state <folder>', 'where journal and quarantine are kept')
    .argParser(nonEmpty)
    .default('.sidestream/local')

const format = () =>
  new Option('--format <format>', 'how to print').choices(['table', 'ndjson']).default('table')

function withCommon(command: Command): Command {
  return command
    .option('--dry-run', 'only show what would happen, and what is protected')
    .option('--yes', 'do not ask where there is more than one target')
    .option('--reason <text>', 'why; kept in the journal', nonEmpty)
    .option('--smb-conf <file>', 'where Samba keeps a share’s streams', nonEmpty)
    .addOption(state())
    .addOption(format())
    .option('--verbose', 'say more, and print the stack of an error')
}

export function addOrders(program: Command, { terminal, finish }: CliContext): void {
  withCommon(
    program
      .command('strip')
      .description('Take one stream off files and folders; its bytes stay in quarantine.')
      .argument('<path...>', 'files and folders')
      .requiredOption('--stream <name>', 'the stream’s exact name, in any letter case', nonEmpty)
      .option('--recursive', 'also everything below the folders'),
  ).action(async (paths: string[], flags: StripFlags) => {
    const { runStrip } = await import('./order-command.ts')
    finish(await runStrip('strip', paths, flags, terminal))
  })
  withCommon(
    program
      .command('reduce')
      .description('Keep only the zone of Zone.Identifier streams: no URL, no host.')
      .argument('<path...>', 'files and folders')
      .option('--recursive', 'also everything below the folders'),
  ).action(async (paths: string[], flags: ReduceFlags) => {
    const { runStrip } = await import('./order-command.ts')
    finish(await runStrip('reduce', paths, { ...flags, stream: 'Zone.Identifier' }, terminal))
  })
  withCommon(
    program
      .command('mark')
      .description('Write a Zone.Identifier onto files that have none.')
      .argument('<path...>', 'files')
      .requiredOption(
        '--zone <number>',
        '0 this PC, 1 intranet, 2 trusted, 3 internet, 4 restricted',
        zone,
      )
      .option('--host-url <url>', 'where the file came from', nonEmpty)
      .option('--referrer-url <url>', 'the page that led there', nonEmpty),
  ).action(async (paths: string[], flags: MarkFlags) => {
    const { runMark } = await import('./order-command.ts')
    finish(await runMark(paths, flags, terminal))
  })
  withCommon(
    program
      .command('restore')
      .description('Put back what strip or reduce took away: exactly its bytes.')
      .argument('[path...]', 'files and folders that it was taken from')
      .option('--id <id...>', 'entries of `quarantine list`'),
  ).action(async (paths: string[], flags: RestoreFlags) => {
    const { runRestore } = await import('./order-command.ts')
    finish(await runRestore(paths, flags, terminal))
  })
  program
    .command('quarantine')
    .description('What is kept of streams that were taken away.')
    .helpCommand(false)
    .command('list')
    .description('List it, newest first.')
    .addOption(new Option('--limit <number>', 'at most this many').argParser(limit).default(100))
    .option('--cursor <cursor>', 'where an earlier list ended', nonEmpty)
    .addOption(state())
    .addOption(format())
    .option('--verbose', 'say more, and print the stack of an error')
    .action(async (flags: QuarantineFlags) => {
      const { listQuarantine } = await import('./order-command.ts')
      finish(await listQuarantine(flags, terminal))
    })
}

function zone(value: string): number {
  if (/^[0-4]$/.test(value)) return Number(value)
  throw new InvalidArgumentError('It must be a whole number from 0 to 4.')
}

function limit(value: string): number {
  if (/^[1-9]\d{0,2}$/.test(value) && Number(value) <= 500) return Number(value)
  throw new InvalidArgumentError('It must be a whole number from 1 to 500.')
}

function nonEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty.')
  return value
}
