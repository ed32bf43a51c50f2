/** `sidestream search` and `query`, and their options. */
import type { Command } from 'commander'
import { withAccess } from './access-options.ts'
import type { CliContext } from './cli-context.ts'
import { integerIn, listingFormat } from './common-options.ts'
import type { QueryFlags } from './query-command.ts'
import type { SearchFlags } from './search-command.ts'

export function addFleetSearch(program: Command, context: CliContext): void {
  addSearch(program, context)
  addQuery(program, context)
}

function addSearch(program: Command, { terminal, environment, finish }: CliContext): void {
  const command = program
    .command('search')
    .description('List the streams of the fleet that a central knows.')
    .argument('<query>', 'such as "zone:3 ext:exe host:*.example.com"; "" for all')
    .option('--gone', 'also streams that are gone')
    .addOption(listingFormat())
  withAccess(command).action(async (query: string, flags: SearchFlags) => {
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
  withAccess(command).action(async (query: string, flags: QueryFlags) => {
    const { runQuery } = await import('./query-command.ts')
    finish(await runQuery(query, flags, environment, terminal))
  })
}
