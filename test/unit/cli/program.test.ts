import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { buildProgram } from '../../../server/cli/program.ts'
import type { Terminal } from '../../../server/cli/terminal.ts'

const program = buildProgram({ terminal: {} as Terminal, environment: {}, finish: () => {} })

/** Those that do something: `central` does by itself and has others below it. */
function runnable(command: Command, name = command.name()): [string, Command][] {
  const below = command.commands.flatMap((each) => runnable(each, `${name} ${each.name()}`))
  const isGroup = below.length > 0 && command.options.length === 0
  return isGroup || command === program ? below : [[name, command], ...below]
}

const commands = runnable(program)

test.each(commands)('%s takes --verbose, as the documentation says', (_, command) => {
  expect(command.options.map(({ long }) => long)).toContain('--verbose')
})

test('the commands are all found', () => {
  expect(commands.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'sidestream scan',
      'sidestream central',
      'sidestream agent service stop',
    ]),
  )
})
