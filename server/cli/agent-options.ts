/** `sidestream agent …`, and its options. */
import { type Command, Option } from 'commander'
import type { EnrollFlags, RunFlags, StatusFlags } from './agent-command.ts'
import type { CliContext } from './cli-context.ts'
import { logLevel, nonEmpty, outputFormat, verbose } from './common-options.ts'
import { usualState } from './places.ts'
import { addAgentService } from './service-options.ts'

export function addAgent(program: Command, context: CliContext): void {
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
    .addOption(outputFormat())
    .addOption(verbose())
    .action(async (flags: StatusFlags) => {
      const { showAgentStatus } = await import('./agent-command.ts')
      finish(await showAgentStatus(flags, terminal))
    })
  addAgentService(agent, context)
}
