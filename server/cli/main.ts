/**
 * The entry of `sidestream`, and the only file that knows the process: arguments, environment, signals,
 * exit code. Everything below gets what it needs handed in.
 */
import { CommanderError } from 'commander'
import { CliError, describeError } from './cli-error.ts'
import { ExitCode, SIGNAL_EXIT_CODES } from './exit-code.ts'
import { buildProgram } from './program.ts'
import { Interrupted, Terminal } from './terminal.ts'

const terminal = new Terminal({
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  isColorOff: Boolean(process.env.NO_COLOR),
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Asked twice: whatever is still being tidied up must not hold a person.
    if (terminal.signal.aborted) process.exit(SIGNAL_EXIT_CODES[signal])
    terminal.interrupt(signal)
  })
}

const program = buildProgram({
  terminal,
  environment: process.env,
  finish: (exitCode) => {
    process.exitCode = exitCode
  },
})

try {
  await program.parseAsync(process.argv)
} catch (error) {
  process.exitCode = report(error)
}

/** Prints what failed, if anything did; returns the exit code. */
function report(error: unknown): number {
  if (error instanceof Interrupted) return SIGNAL_EXIT_CODES[error.signal] ?? ExitCode.failed
  if (error instanceof CommanderError) {
    // Help and version were printed and asked for.
    if (error.exitCode === 0) return ExitCode.complete
    if (error.code !== 'commander.help') {
      const message = error.message.replace(/^error: /, '')
      const usage = new CliError('BAD_USAGE', message, { exitCode: ExitCode.badUsage })
      terminal.note(`sidestream: ${describeError(usage)}. Try: ${helpCommand()}`)
    }
    return ExitCode.badUsage
  }
  terminal.note(`sidestream: ${describeError(error)}`)
  if (process.argv.includes('--verbose') && error instanceof Error) terminal.note(error.stack ?? '')
  return error instanceof CliError ? error.exitCode : ExitCode.failed
}

function helpCommand(): string {
  const name = process.argv[2]
  const isCommand = program.commands.some((command) => command.name() === name)
  return isCommand ? `sidestream ${name} --help` : 'sidestream --help'
}
