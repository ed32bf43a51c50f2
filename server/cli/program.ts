/** The commands and their options. Each command's code is loaded when it is called. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { addAccounts } from './account-options.ts'
import type { EnrollFlags, RunFlags, StatusFlags } from './agent-command.ts'
import { addAudit } from './audit-options.ts'
import type { CentralFlags } from './central-command.ts'
import { withAccess } from './central-options.ts'
import { badUsage, describeError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { addFleetOrders } from './fleet-order-options.ts'
import { addKeptContent } from './kept-content-options.ts'
import { LISTING_FORMATS } from './listing-format.ts'
import { addOrders } from './order-options.ts'
import { usualState } from './places.ts'
import type { QueryFlags } from './query-command.ts'
import type { ScanFlags } from './scan-command.ts'
import type { SearchFlags } from './search-command.ts'
import { addAgentService } from './service-options.ts'
import type { ShowFlags } from './show-command.ts'
import type { Terminal } from './terminal.ts'
import { addCentralTrust } from './trust-options.ts'

export interface CliContext {
  readonly terminal: Terminal
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Takes the exit code of a command that ran. */
  readonly finish: (exitCode: number) => void
}

/** Parses the arguments and runs the command; what that throws is for the caller. */
export async function runProgram(args: readonly string[], context: CliContext): Promise<void> {
  const program = buildProgram(context)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    context.finish(reportUsage(error, program, args[0], context.terminal))
  }
}

function reportUsage(
  error: CommanderError,
  program: Command,
  name: string | undefined,
  terminal: Terminal,
): number {
  // Help and version were printed and asked for.
  if (error.exitCode === 0) return ExitCode.complete
  if (error.code !== 'commander.help') {
    const isCommand = program.commands.some((command) => command.name() === name)
    const help = isCommand ? `sidestream ${name} --help` : 'sidestream --help'
    const usage = badUsage(error.message.replace(/^error: /, ''))
    terminal.note(`sidestream: ${describeError(usage)}. Try: ${help}`)
  }
  return ExitCode.badUsage
}

export function buildProgram(context: CliContext): Command {
  const program = new Command('sidestream')
    .description('Finds, explains, tracks and removes NTFS alternate data streams.')
    .version(packageJson.version)
    .helpCommand(false)
    .showSuggestionAfterError()
    // Failures come out of parseAsync and become one line.
    .exitOverride()
    .configureOutput({ outputError: () => {} })
  addScan(program, context)
  addShow(program, context)
  addOrders(program, context)
  addSearch(program, context)
  addQuery(program, context)
  addFleetOrders(program, context)
  addAudit(program, context)
  addAccounts(program, context)
  addCentral(program, context)
  addAgent(program, context)
  return program
}

const verbose = () => new Option('--verbose', 'say more, and print the stack of an error')

const smbConf = () =>
  new Option(
    '--smb-conf <file>',
    'where Samba keeps a share’s streams (default: /etc/samba/smb.conf, if it can be read)',
  ).argParser(nonEmpty)

function addScan(program: Command, { terminal, finish }: CliContext): void {
  program
    .command('scan')
    .description('List the streams of volumes, disk images, folders or files.')
    .argument('<target...>', 'C:, \\\\.\\C:, /dev/sdb1, disk.img, a folder or a file')
    .addOption(
      new Option('--format <format>', 'how to print the listing')
        .choices(LISTING_FORMATS)
        .default('table'),
    )
    .option('--hash', 'SHA-256 of every stream')
    .option('--content', 'content as base64, up to 1 MiB a stream (ndjson and csv)')
    .option('--stream <glob>', 'only streams of this name, e.g. "Zone.*"', nonEmpty)
    .option('--all', 'also the streams of NTFS itself ($Secure:$SDS, …)')
    .option('--deleted', 'also streams of deleted files (volumes and images read raw)')
    .addOption(smbConf())
    .option('--errors <file>', 'write what could not be read to this file, as NDJSON', nonEmpty)
    .option('--no-progress', 'no progress bar on a terminal')
    .addOption(verbose())
    .action(async (targets: string[], flags: ScanFlags) => {
      const { runScan } = await import('./scan-command.ts')
      finish(await runScan(targets, flags, terminal))
    })
}

function addShow(program: Command, { terminal, finish }: CliContext): void {
  program
    .command('show')
    .description('Explain the streams of one file or folder, or print the content of one.')
    .argument('<target>', 'a file, a folder, a volume or a disk image')
    .argument(
      '[path-in-image]',
      'the file or folder inside the volume or image; its root if left out',
    )
    .option('--stream <name>', 'print the content of this stream', nonEmpty)
    .addOption(smbConf())
    .addOption(new Option('--raw', 'its bytes as they are').conflicts('hex'))
    .option('--hex', 'its bytes as a hex dump')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addOption(verbose())
    .action(async (target: string, path: string | undefined, flags: ShowFlags) => {
      const { runShow } = await import('./show-command.ts')
      finish(await runShow(target, path ?? null, flags, terminal))
    })
}

const listingFormat = () =>
  new Option('--format <format>', 'how to print the listing')
    .choices(LISTING_FORMATS)
    .default('table')

function addSearch(program: Command, { terminal, environment, finish }: CliContext): void {
  const command = program
    .command('search')
    .description('List the streams of the fleet that a central knows.')
    .argument('<query>', 'such as "zone:3 ext:exe host:*.example.com"; "" for all')
    .option('--gone', 'also streams that are gone')
    .addOption(listingFormat())
  withAccess(command)
    .addOption(verbose())
    .action(async (query: string, flags: SearchFlags) => {
      const { runSearch } = await import('./search-command.ts')
      finish(await runSearch(query, flags, environment, terminal))
    })
}

function addQuery(program: Command, { terminal, environment, finish }: CliContext): void {
  const command = program
    .command('query')
    .description('Ask the agents of the fleet which streams are on their disks now.')
    .argument('<query>', 'such as "verdict:suspicious"; "" for all')
    .option('--paths <path...>', 'only these folders, inside each agent’s scope')
    .option('--machines <machine...>', 'host names with wildcards, ids, label:NAME (default: all)')
    .option('--hash', 'SHA-256 of every stream')
    .option('--time-limit <seconds>', 'for each machine', integerIn(1, 600), 30)
    .option('--rows <number>', 'most streams of one machine', integerIn(1, 5_000), 500)
    .option('--wait <seconds>', 'for machines that are off', integerIn(0, 2_592_000), 0)
    .addOption(listingFormat())
  withAccess(command)
    .addOption(verbose())
    .action(async (query: string, flags: QueryFlags) => {
      const { runQuery } = await import('./query-command.ts')
      finish(await runQuery(query, flags, environment, terminal))
    })
}

function addCentral(program: Command, context: CliContext): void {
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
    .helpCommand(false)
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
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .action(async (flags: { format: 'table' | 'json' }) => {
      const { showPermissions } = await import('./permissions-command.ts')
      finish(await showPermissions(flags, terminal))
    })
}

function addAgent(program: Command, context: CliContext): void {
  const { terminal, environment, finish } = context
  const agent = program
    .command('agent')
    .description('Run the agent of this machine.')
    .helpCommand(false)
  const state = () =>
    new Option('--state <folder>', 'where the agent keeps its key, inventory and quarantine')
      .argParser(nonEmpty)
      .default(usualState(environment))
  agent
    .command('enroll')
    .description('Make this machine known to a central.')
    .argument('[string]', 'the enrolment string from the console', nonEmpty)
    .option('--server <url>', 'instead of a string: address of the central', nonEmpty)
    .option('--token <token>', 'with --server; without one an administrator is asked', nonEmpty)
    .option('--pin <sha256...>', 'with --server: pins of its certificate')
    .option('--proxy <url>', 'HTTP proxy on the way to central ($HTTPS_PROXY)', nonEmpty)
    .option('--image', 'enrol not now, but each machine made from this one when it is booted')
    .option('--again', 'a new key for a machine that is enrolled')
    .requiredOption('--scope <path...>', 'folders, volumes and images to scan')
    .option('--exclude <path...>', 'folders to leave out')
    .option('--name <name>', 'how people know this machine (default: its host name)', nonEmpty)
    .option(
      '--allow-stream <glob...>',
      'names of streams that may be stripped here (default: Zone.Identifier)',
    )
    .addOption(state())
    .addOption(verbose())
    .action(async (invitation: string | undefined, flags: EnrollFlags) => {
      const { enrollAgent } = await import('./agent-command.ts')
      finish(await enrollAgent(invitation, flags, environment, terminal))
    })
  agent
    .command('run')
    .description('Scan, report and carry out orders until stopped.')
    .option('--service', 'as a Windows service, which only its service manager can start')
    .addOption(state())
    .addOption(logLevel())
    .addOption(verbose())
    .action(async (flags: RunFlags & { readonly service?: boolean }) => {
      if (flags.service) {
        const { runAgentService } = await import('./run-service.ts')
        finish(await runAgentService(flags, environment))
        return
      }
      const { runAgent } = await import('./agent-command.ts')
      finish(await runAgent(flags, environment, terminal))
    })
  agent
    .command('rotate-key')
    .description('Have the running agent make itself a new key.')
    .addOption(state())
    .addOption(verbose())
    .action(async (flags: { state: string }) => {
      const { rotateAgentKey } = await import('./agent-command.ts')
      finish(await rotateAgentKey(flags, terminal))
    })
  agent
    .command('status')
    .description('Ask the running agent what it is doing.')
    .addOption(state())
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addOption(verbose())
    .action(async (flags: StatusFlags) => {
      const { showAgentStatus } = await import('./agent-command.ts')
      finish(await showAgentStatus(flags, terminal))
    })
  addAgentService(agent, context)
}

const DAY_SECONDS = 86_400

const logLevel = () =>
  new Option('--log-level <level>', 'least important log lines to write')
    .choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')

/** A checkout without `npm run build` has no console, and central runs without. */
function builtConsole(): string | undefined {
  const folder = fileURLToPath(new URL('../../web/dist', import.meta.url))
  return existsSync(folder) ? folder : undefined
}

function integerIn(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (/^\d+$/.test(value) && number >= min && number <= max) return number
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

function nonEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty.')
  return value
}
