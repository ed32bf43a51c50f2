/** `sidestream central kept-content`: what a central that runs keeps of small streams that orders took away. */
import type { Command } from 'commander'
import { withAccess } from './access-options.ts'
import type { CliContext } from './cli-context.ts'
import { integerIn, outputFormat } from './common-options.ts'
import type { KeptContentFlags } from './kept-content-command.ts'

export function addKeptContent(
  central: Command,
  { terminal, environment, finish }: CliContext,
): void {
  const group = central
    .command('kept-content')
    .description('What central keeps of small streams that orders took away, for an undo.')
    .helpCommand(false)
  withAccess(group.command('show'))
    .description('How much is kept, and by which limits.')
    .addOption(outputFormat())
    .action(async (flags: KeptContentFlags) => {
      const { showKeptContent } = await import('./kept-content-command.ts')
      finish(await showKeptContent(flags, environment, terminal))
    })
  withAccess(group.command('set'))
    .description('Change limits; those that are not named stay. What they leave out is forgotten.')
    .option('--stream-bytes <number>', 'of one stream; 0 keeps none and forgets all', wholeNumber)
    .option('--days <number>', 'how long', wholeNumber)
    .option('--total-bytes <number>', 'of all; the oldest go first', wholeNumber)
    .addOption(outputFormat())
    .action(async (flags: KeptContentFlags) => {
      const { setKeptContent } = await import('./kept-content-command.ts')
      finish(await setKeptContent(flags, environment, terminal))
    })
}

const wholeNumber = integerIn(0)
