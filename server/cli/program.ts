/** All commands. Each command's code is loaded when it is called. */
import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { addAccounts } from './account-options.ts'
import { addAgent } from './agent-options.ts'
import { addAudit } from './audit-options.ts'
import { addCentral } from './central-options.ts'
import type { CliContext } from './cli-context.ts'
import { badUsage, describeError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { addFleetOrders } from './fleet-order-options.ts'
import { addFleetSearch } from './fleet-search-options.ts'
import { addListings } from './listing-options.ts'
import { addOrders } from './order-options.ts'
import type { Terminal } from './terminal.ts'

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
  addListings(program, context)
  addOrders(program, context)
  addFleetSearch(program, context)
  addFleetOrders(program, context)
  addAudit(program, context)
  addAccounts(program, context)
  addCentral(program, context)
  addAgent(program, context)
  return program
}
