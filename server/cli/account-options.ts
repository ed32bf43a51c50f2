/** `sidestream user` and `sidestream token`, and their options. */
import { type Command, Option } from 'commander'
import { PERMISSION_NAMES, ROLES } from '../protocol/api/permission-table.ts'
import { withAccess } from './access-options.ts'
import type { AddUserFlags, ChangeUserFlags, CreateTokenFlags } from './account-command.ts'
import type { AccessFlags } from './central-client.ts'
import type { CliContext } from './cli-context.ts'
import { integerIn, nonEmpty } from './common-options.ts'

const scope = () =>
  new Option('--scope <label...>', 'only machines with one of these labels').argParser(
    (label: string, before: string[] | undefined) => [...(before ?? []), nonEmpty(label)],
  )
const allMachines = () => new Option('--all-machines', 'no scope: all machines')
const role = () => new Option('--role <role>', 'what the user may do').choices([...ROLES])

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
  withAccess(user.command('list').description('List users.')).action(async (flags: AccessFlags) => {
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
  withAccess(add).action(async (name: string, flags: AddUserFlags) => {
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
  withAccess(change).action(async (name: string, flags: ChangeUserFlags) => {
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
  withAccess(
    token.command('list').description('List your tokens; an administrator’s: all.'),
  ).action(async (flags: AccessFlags) => {
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
    .option('--days <number>', 'how long it works', integerIn(1, 366), 90)
  withAccess(create).action(async (name: string, flags: CreateTokenFlags) => {
    const { createToken } = await import('./account-command.ts')
    finish(await createToken(name, flags, context))
  })
  const end = token
    .command('end')
    .description('End a token.')
    .argument('<number>', 'as it is listed', integerIn(1))
  withAccess(end).action(async (tokenId: number, flags: AccessFlags) => {
    const { endToken } = await import('./account-command.ts')
    finish(await endToken(tokenId, flags, context))
  })
}
