/** `sidestream audit` and its options. */
import { type Command, Option } from 'commander'
import { withAccess } from './access-options.ts'
import type { AuditExportFlags, AuditPlaceFlags, AuditVerifyFlags } from './audit-command.ts'
import type { CliContext } from './cli-context.ts'
import { nonEmpty, verbose } from './common-options.ts'

const data = () =>
  new Option('--data <folder>', 'the data folder of a central, running or not').argParser(nonEmpty)

export function addAudit(program: Command, { terminal, environment, finish }: CliContext): void {
  const audit = program
    .command('audit')
    .description('Who did what: export the audit log, and prove that nobody changed it.')
    .helpCommand(false)
  const exporting = audit
    .command('export')
    .description(
      'Write the whole audit log of a central into a new file, a record a line (NDJSON).',
    )
    .argument('<file>', 'does not exist yet', nonEmpty)
  withAccess(exporting).action(async (file: string, flags: AuditExportFlags) => {
    const { runAuditExport } = await import('./audit-command.ts')
    finish(await runAuditExport(file, flags, environment, terminal))
  })
  audit
    .command('verify')
    .description('Check the chain of an exported file, or of a data folder. Exit code 1: broken.')
    .argument('[file]', 'from `sidestream audit export`', nonEmpty)
    .addOption(data())
    .option(
      '--head <hash>',
      'a head that was kept elsewhere: shows a log that was cut off',
      nonEmpty,
    )
    .addOption(
      new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .addOption(verbose())
    .action(async (file: string | undefined, flags: AuditVerifyFlags) => {
      const { runAuditVerify } = await import('./audit-command.ts')
      finish(await runAuditVerify(file, flags, terminal))
    })
  const head = audit
    .command('head')
    .description(
      'Print number and hash of the newest record: keep it where nobody of central can write.',
    )
    .argument('[file]', 'an exported file (default: ask the central)', nonEmpty)
    .addOption(data())
  withAccess(head).action(
    async (file: string | undefined, flags: AuditPlaceFlags & AuditExportFlags) => {
      const { runAuditHead } = await import('./audit-command.ts')
      finish(await runAuditHead(file, flags, environment, terminal))
    },
  )
}
