/** `sidestream agent service …`: its options. */
import { type Command, Option } from 'commander'
import type { CliContext } from './cli-context.ts'
import { verbose } from './common-options.ts'
import type { ConfigureFlags, UninstallFlags } from './service-command.ts'

/** Below `agent`. Each needs an administrator, but `status`. */
export function addAgentService(agent: Command, context: CliContext): void {
  const { environment, terminal, finish } = context
  const service = agent
    .command('service')
    .description('The agent as a service of this machine.')
    .helpCommand(false)
  const load = () => import('./service-command.ts')
  withSettings(service.command('install'))
    .description('Install the service, or mend it; it starts with the machine.')
    .action(async (flags: ConfigureFlags) => {
      finish(await (await load()).installService(flags, environment, terminal))
    })
  withSettings(service.command('configure'))
    .description('What a package does after it has installed the service.')
    .action(async (flags: ConfigureFlags) => {
      finish(await (await load()).configureService(flags, environment))
    })
  service
    .command('uninstall')
    .description('Stop and remove the service.')
    .option('--purge', 'also its key, inventory, quarantine and logs')
    .addOption(verbose())
    .action(async (flags: UninstallFlags) => {
      finish(await (await load()).uninstallService(flags, environment, terminal))
    })
  for (const verb of ['start', 'stop'] as const) {
    service
      .command(verb)
      .description(`${verb === 'start' ? 'Start' : 'Stop'} the service, and wait for it.`)
      .addOption(verbose())
      .action(async () => {
        finish(await (await load()).moveService(verb, environment, terminal))
      })
  }
  service
    .command('status')
    .description('Whether it is installed and runs. Exit code 1: it does not run.')
    .addOption(verbose())
    .action(async () => {
      finish(await (await load()).showService(environment, terminal))
    })
}

/** Text may be empty: an installer hands on what it was given. */
function withSettings(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--enrolment <string>',
        'enrol as soon as possible, with this line from central',
      ).default(''),
    )
    .addOption(
      new Option(
        '--scope <places>',
        'volumes and folders to scan, divided by ";" (default: the system volume, or /)',
      ).default(''),
    )
    .addOption(verbose())
}
