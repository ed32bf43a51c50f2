/** `sidestream user` and `sidestream token`, and their options. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { PERMISSION_NAMES, ROLES } from '../protocol/api/permission-table.ts'
import type { AddUserFlags, ChangeUserFlags, CreateTokenFlags } from './account-command.ts'
import type { AccessFlags } from './central-client.ts'
import { nonEmpty, withAccess } from './central-options.ts'
import type { CliContext } from './program.ts'

const scope = () =>
  new Option('--scope <label...>', 'only machines with one of these labels').argParser(
    (label: string, before: string[] | undefined) => [...(before ?? []), nonEmpty(label)],
  )
const allMachines = () => new Option('--all-machines', 'no scope: all machines')
const role = () => new Option('--role <role>', 'what the user may do').choices([...ROLES])
const verbose = () => new Option('--verbose', 'say more, and print the stack of an error')

export function addAccounts(program: Command, context: CliContext): void {
  addUsers(program, context)
  addTokens(program, context)
}

function addUsers(program: Command, context: CliContext): void {
  const { finish } = context
  const user = program
    .command('user')
    .description('Users of a central: who they are, and for which machines.')
    .helpCommand(false)
  withAccess(user.command('list').description('List users.'))
    .addOption(verbose())
    .action(async (flags: AccessFlags) => {
      const { listUsers } = await import('./account-command.ts')
      finish(await listUsers(flags, context))
    })
  const add = user
    .command('add')
    .description('Add a user of this central.')
    .argument('<name>', 'letters, digits, . _ @ -', nonEmpty)
    .addOption(role().makeOptionMandatory())
    .addOption(scope())
    .requiredOption('--new-password-file <file>', 'holds the first password; - for input', nonEmpty)
  withAccess(add)
    .addOption(verbose())
    .action(async (name: string, flags: AddUserFlags) => {
      const { addUser } = await import('./account-command.ts')
      finish(await addUser(name, flags, context))
    })
  const change = user
    .command('change')
    .description('Give a user another role or scope. Ends the user’s sessions.')
    .argument('<name>', 'as it is listed', nonEmpty)
    .addOption(role())
    .addOption(scope())
    .addOption(allMachines())
  withAccess(change)
    .addOption(verbose())
    .action(async (name: string, flags: ChangeUserFlags) => {
      const { changeUser } = await import('./account-command.ts')
      finish(await changeUser(name, flags, context))
    })
}

function addTokens(program: Command, context: CliContext): void {
  const { finish } = context
  const token = program
    .command('token')
    .description('API tokens of a central; with user and password, not with a token.')
    .helpCommand(false)
  withAccess(token.command('list').description('List your tokens; an administrator’s: all.'))
    .addOption(verbose())
    .action(async (flags: AccessFlags) => {
      const { listTokens } = await import('./account-command.ts')
      finish(await listTokens(flags, context))
    })
  const create = token
    .command('create')
    .description('Make a token and print its secret, this once.')
    .argument('<name>', 'letters, digits, blanks, . _ -', nonEmpty)
    .addOption(
      new Option('--may <permission...>', 'of yours')
        .choices([...PERMISSION_NAMES])
        .default(['inventory.read']),
    )
    .addOption(scope())
    .option('--days <number>', 'how long it works', days, 90)
  withAccess(create)
    .addOption(verbose())
    .action(async (name: string, flags: CreateTokenFlags) => {
      const { createToken } = await import('./account-command.ts')
      finish(await createToken(name, flags, context))
    })
  const end = token
    .command('end')
    .description('End a token.')
    .argument('<number>', 'as it is listed', wholeNumber)
  withAccess(end)
    .addOption(verbose())
    .action(async (tokenId: number, flags: AccessFlags) => {
      const { endToken } = await import('./account-command.ts')
      finish(await endToken(tokenId, flags, context))
    })
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no whole number from 1 on.')
}

function days(text: string): number {
  const number = wholeNumber(text)
  if (number <= 366) return number
  throw new InvalidArgumentError('It is more than 366.')
}
