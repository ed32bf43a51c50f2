/** The commands that change streams of this PC, and their options. */
import { type Command, Option } from 'commander'
import type { CliContext } from './cli-context.ts'
import { integerIn, nonEmpty, smbConf, verbose } from './common-options.ts'
import type { MarkFlags, QuarantineFlags, ReduceFlags, StripFlags } from './order-command.ts'
import type { RestoreFlags } from './restore-command.ts'

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
    .addOption(smbConf())
    .addOption(state())
    .addOption(format())
    .addOption(verbose())
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
        integerIn(0, 4),
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
    const { runRestore } = await import('./restore-command.ts')
    finish(await runRestore(paths, flags, terminal))
  })
  program
    .command('quarantine')
    .description('What is kept of streams that were taken away.')
    .helpCommand(false)
    .command('list')
    .description('List it, newest first.')
    .option('--limit <number>', 'at most this many', integerIn(1, 500), 100)
    .option('--cursor <cursor>', 'where an earlier list ended', nonEmpty)
    .addOption(state())
    .addOption(format())
    .addOption(verbose())
    .action(async (flags: QuarantineFlags) => {
      const { listQuarantine } = await import('./order-command.ts')
      finish(await listQuarantine(flags, terminal))
    })
}
