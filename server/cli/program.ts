/** The commands and their options. Each command's code is loaded when it is called. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import type { EnrollFlags, RunFlags, StatusFlags } from './agent-command.ts'
import type { CentralFlags } from './central-command.ts'
import { LISTING_FORMATS } from './listing-format.ts'
import { addOrders } from './order-options.ts'
import type { ScanFlags } from './scan-command.ts'
import type { ShowFlags } from './show-command.ts'
import type { Terminal } from './terminal.ts'

export interface CliContext {
  readonly terminal: Terminal
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Takes the exit code of a command that ran. */
  readonly finish: (exitCode: number) => void
}

export function buildProgram(context: CliContext): Command {
  const program = new Command('sidestream')
    .description('Finds, explains, tracks and removes NTFS alternate data streams.')
    .version(packageJson.version)
    .helpCommand(false)
    .showSuggestionAfterError()
    // Failures come out of parseAsync and become one line in main.ts.
    .exitOverride()
    .configureOutput({ outputError: () => {} })
  addScan(program, context)
  addShow(program, context)
  addOrders(program, context)
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

function addCentral(program: Command, { terminal, environment, finish }: CliContext): void {
  program
    .command('central')
    .description('Run the server that agents report to and people look at.')
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
    .addOption(logLevel())
    .addOption(verbose())
    .action(async (flags: CentralFlags) => {
      const { runCentral } = await import('./central-command.ts')
      const adminPassword = environment.SIDESTREAM_ADMIN_PASSWORD || undefined
      finish(await runCentral(flags, adminPassword, terminal))
    })
}

function addAgent(program: Command, { terminal, finish }: CliContext): void {
  const agent = program
    .command('agent')
    .description('Run the agent of this machine.')
    .helpCommand(false)
  const state = () =>
    new Option('--state <folder>', 'where the agent keeps its key, inventory and quarantine')
      .argParser(nonEmpty)
      .default('.sidestream/agent')
  agent
    .command('enroll')
    .description('Make this machine known to a central.')
    .requiredOption('--server <url>', 'address of the central', nonEmpty)
    .requiredOption('--token <token>', 'one-time token from the console', nonEmpty)
    .requiredOption('--scope <path...>', 'folders, volumes and images to scan')
    .option('--exclude <path...>', 'folders to leave out')
    .option('--name <name>', 'how people know this machine (default: its host name)', nonEmpty)
    .option(
      '--allow-stream <glob...>',
      'names of streams that may be stripped here (default: Zone.Identifier)',
    )
    .addOption(state())
    .addOption(verbose())
    .action(async (flags: EnrollFlags) => {
      const { enrollAgent } = await import('./agent-command.ts')
      finish(await enrollAgent(flags, terminal))
    })
  agent
    .command('run')
    .description('Scan, report and carry out orders until stopped.')
    .addOption(state())
    .addOption(logLevel())
    .addOption(verbose())
    .action(async (flags: RunFlags) => {
      const { runAgent } = await import('./agent-command.ts')
      finish(await runAgent(flags, terminal))
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
