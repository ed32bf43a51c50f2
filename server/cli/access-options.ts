/** Options of every command that asks a central. */
import type { Command } from 'commander'
import { nonEmpty, verbose } from './common-options.ts'

/** How to reach a central. There is no option for a secret itself: other users could read it. */
export function withAccess(command: Command): Command {
  return command
    .option('--central <url>', 'address of the central ($SIDESTREAM_CENTRAL)', nonEmpty)
    .option('--user <name>', 'who asks ($SIDESTREAM_USER; default: admin)', nonEmpty)
    .option(
      '--password-file <file>',
      'holds the password; - for standard input ($SIDESTREAM_PASSWORD)',
      nonEmpty,
    )
    .option(
      '--token-file <file>',
      'holds an API token, instead of user and password ($SIDESTREAM_TOKEN)',
      nonEmpty,
    )
    .option('--ca <file>', 'PEM of an authority to trust, too ($SIDESTREAM_CA)', nonEmpty)
    .addOption(verbose())
}
