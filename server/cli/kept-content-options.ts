/** `sidestream central kept-content`: what a central that runs keeps of small streams that orders took away. */
import { type Command, InvalidArgumentError } from 'commander'
import { withAccess } from './central-options.ts'
import type { KeptContentFlags } from './kept-content-command.ts'
import type { CliContext } from './program.ts'
import { outputFormat } from './trust-options.ts'

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

function wholeNumber(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value)
  throw new InvalidArgumentError('It must be a whole number.')
}
