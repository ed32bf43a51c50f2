/** `sidestream central …`: runs the server, or looks after what it keeps. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { CentralFlags } from './central-command.ts'
import type { CliContext } from './cli-context.ts'
import { integerIn, logLevel, nonEmpty, outputFormat, verbose } from './common-options.ts'
import { addKeptContent } from './kept-content-options.ts'
import { addCentralTrust } from './trust-options.ts'

const DAY_SECONDS = 86_400

export function addCentral(program: Command, context: CliContext): void {
  const { terminal, environment, finish } = context
  const central = program
    .command('central')
    .description('Run the server that agents report to and people look at.')
    .helpCommand(false)
    .option(
      '--data <folder>',
      'where it keeps everything ($SIDESTREAM_DATA)',
      nonEmpty,
      environment.SIDESTREAM_DATA || '.sidestream/central',
    )
    .option('--host <address>', 'address to listen on', nonEmpty, '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', integerIn(0, 65_535), 7333)
    .option('--console <folder>', 'the built console', nonEmpty, builtConsole())
    .option(
      '--scan-every <seconds>',
      'how often agents scan',
      integerIn(10, 31_536_000),
      DAY_SECONDS,
    )
    .option(
      '--keep-gone-days <days>',
      'forget streams that went longer ago (default: never)',
      integerIn(1, 36_500),
    )
    .option(
      '--directory <file>',
      'LDAP or Active Directory to sign in with (default: directory.json in the data folder)',
      nonEmpty,
    )
    .option(
      '--openid <file>',
      'OpenID provider to sign in with (default: openid.json in the data folder)',
      nonEmpty,
    )
    .option('--tls', 'encrypt on loopback, too; elsewhere it always does')
    .option('--no-tls', 'plain http; on loopback only')
    .option('--tls-cert <file>', 'PEM, leaf first (default: by an authority of its own)', nonEmpty)
    .option('--tls-key <file>', 'PEM of its key', nonEmpty)
    .option('--name <name...>', 'how others call this central (default: host name and --host)')
    .addOption(logLevel())
    .addOption(verbose())
    .action(async (flags: CentralFlags) => {
      const { runCentral } = await import('./central-command.ts')
      const adminPassword = environment.SIDESTREAM_ADMIN_PASSWORD || undefined
      finish(await runCentral(flags, adminPassword, terminal))
    })
  addCentralCare(central, context)
  addKeptContent(central, context)
  addCentralTrust(central, context)
}

/** With `--data` of `central`. */
function addCentralCare(central: Command, { terminal, finish }: CliContext): void {
  central
    .command('backup')
    .description('Copy all that central keeps, as it is now, into a new folder, while it runs.')
    .argument('<folder>', 'a data folder itself, once it is there', nonEmpty)
    .addOption(verbose())
    .action(async (folder: string, _: unknown, command: Command) => {
      const { runBackup } = await import('./central-care-commands.ts')
      finish(await runBackup(command.optsWithGlobals<CentralFlags>().data, folder, terminal))
    })
  central
    .command('check')
    .description('Compare what central keeps with a recount, while it runs. Exit code 1: faults.')
    .addOption(verbose())
    .action(async (_: unknown, command: Command) => {
      const { runCheck } = await import('./central-care-commands.ts')
      finish(await runCheck(command.optsWithGlobals<CentralFlags>().data, terminal))
    })
  central
    .command('permissions')
    .description('Show which role may do what.')
    .addOption(outputFormat())
    .addOption(verbose())
    .action(async (flags: { format: 'table' | 'json' }) => {
      const { showPermissions } = await import('./permissions-command.ts')
      finish(await showPermissions(flags, terminal))
    })
}

/** A checkout without `npm run build` has no console, and central runs without. */
function builtConsole(): string | undefined {
  const folder = fileURLToPath(new URL('../../web/dist', import.meta.url))
  return existsSync(folder) ? folder : undefined
}
