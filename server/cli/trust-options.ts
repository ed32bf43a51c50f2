/** `sidestream central certificate|enrolment|pending`: asks a central that runs, signed in as an administrator. */
import type { Command } from 'commander'
import { withAccess } from './access-options.ts'
import type { CliContext } from './cli-context.ts'
import { integerIn, outputFormat } from './common-options.ts'
import type { EnrolmentFlags, TrustFlags } from './trust-commands.ts'

export function addCentralTrust(central: Command, context: CliContext): void {
  addCertificate(central, context)
  addEnrolment(central, context)
  addPending(central, context)
}

function addCertificate(central: Command, { terminal, environment, finish }: CliContext): void {
  const group = central
    .command('certificate')
    .description('Show and change the certificate that a running central shows.')
    .helpCommand(false)
  withAccess(group.command('show'))
    .description('Pins, names, ends, and how far a change of authority is.')
    .addOption(outputFormat())
    .action(async (flags: TrustFlags) => {
      const { showCertificate } = await import('./trust-commands.ts')
      finish(await showCertificate(flags, environment, terminal))
    })
  withAccess(group.command('rotate'))
    .description('A new server certificate of the same authority, without a restart.')
    .addOption(outputFormat())
    .action(async (flags: TrustFlags) => {
      const { changeCertificate } = await import('./trust-commands.ts')
      finish(await changeCertificate('/certificate/rotate', {}, flags, environment, terminal))
    })
  withAccess(group.command('rotate-ca'))
    .description('Make the next authority and have agents accept it; with --switch, show it.')
    .option('--switch', 'show the next authority from now on')
    .option('--force', 'though machines do not accept it yet, which must enrol again then')
    .addOption(outputFormat())
    .action(async (flags: TrustFlags & { switch?: true; force?: true }) => {
      const { changeCertificate } = await import('./trust-commands.ts')
      const path = flags.switch ? '/certificate/authority/switch' : '/certificate/authority'
      const body = flags.switch ? { force: flags.force === true } : {}
      finish(await changeCertificate(path, body, flags, environment, terminal))
    })
}

function addEnrolment(central: Command, { terminal, environment, finish }: CliContext): void {
  const group = central
    .command('enrolment')
    .description('Make, list and end the strings with which machines join.')
    .helpCommand(false)
  withAccess(group.command('create'))
    .description('Print a new enrolment string; it is shown this once.')
    .option('--uses <number>', 'how many machines it is for', integerIn(1), 1)
    .option('--hours <number>', 'how long it is good', integerIn(1), 24)
    .option('--label <label...>', 'what its machines are labelled with')
    .option('--approve', 'an administrator has to let each of them in')
    .option('--take-back', 'a machine that is known and not connected gets a new key')
    .addOption(outputFormat())
    .action(async (flags: EnrolmentFlags) => {
      const { createEnrolment } = await import('./trust-commands.ts')
      finish(await createEnrolment(flags, environment, terminal))
    })
  withAccess(group.command('list'))
    .description('List them, without their tokens.')
    .addOption(outputFormat())
    .action(async (flags: TrustFlags) => {
      const { listEnrolments } = await import('./trust-commands.ts')
      finish(await listEnrolments(flags, environment, terminal))
    })
  withAccess(group.command('revoke'))
    .description('Nobody enrols with it any more; who did stays.')
    .argument('<number>', 'from the list', integerIn(1))
    .action(async (enrolmentNo: number, flags: TrustFlags) => {
      const { revokeEnrolment } = await import('./trust-commands.ts')
      finish(await revokeEnrolment(enrolmentNo, flags, environment, terminal))
    })
}

function addPending(central: Command, { terminal, environment, finish }: CliContext): void {
  const group = central
    .command('pending')
    .description('Machines that wait to be let in.')
    .helpCommand(false)
  withAccess(group.command('list'))
    .description('List them, with the fingerprint of the key to compare.')
    .addOption(outputFormat())
    .action(async (flags: TrustFlags) => {
      const { listPending } = await import('./trust-commands.ts')
      finish(await listPending(flags, environment, terminal))
    })
  withAccess(group.command('approve'))
    .description('Let a machine in.')
    .argument('<number>', 'from the list', integerIn(1))
    .option('--as <machine>', 'id of a machine that is known: it gets this key')
    .action(async (pendingNo: number, flags: TrustFlags & { as?: string }) => {
      const { approvePending } = await import('./trust-commands.ts')
      finish(await approvePending(pendingNo, flags, environment, terminal))
    })
  withAccess(group.command('deny'))
    .description('Refuse a machine for good.')
    .argument('<number>', 'from the list', integerIn(1))
    .action(async (pendingNo: number, flags: TrustFlags) => {
      const { denyPending } = await import('./trust-commands.ts')
      finish(await denyPending(pendingNo, flags, environment, terminal))
    })
}
