/**
 * One command as a process: the terminal, the signals that end it early, what is said of an error, the exit
 * code. With its callers the only code that knows the process.
 */
import { CliError, describeError } from './cli-error.ts'
import { ExitCode, SIGNAL_EXIT_CODES } from './exit-code.ts'
import { Interrupted, Terminal } from './terminal.ts'

export async function runProcess(run: (terminal: Terminal) => Promise<void>): Promise<void> {
  const terminal = new Terminal({
    stdout: process.stdout,
    stderr: process.stderr,
    // Opening it takes a stream's code, and only a question needs it.
    stdin: () => process.stdin,
    isColorOff: Boolean(process.env.NO_COLOR),
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Asked twice: whatever is still being tidied up must not hold a person.
      if (terminal.signal.aborted) process.exit(SIGNAL_EXIT_CODES[signal])
      terminal.interrupt(signal)
    })
  }
  try {
    await run(terminal)
  } catch (error) {
    process.exitCode = report(error, terminal)
  }
}

/** Prints what failed; returns the exit code. */
function report(error: unknown, terminal: Terminal): number {
  if (error instanceof Interrupted) return SIGNAL_EXIT_CODES[error.signal] ?? ExitCode.failed
  terminal.note(`sidestream: ${describeError(error)}`)
  if (process.argv.includes('--verbose') && error instanceof Error) terminal.note(error.stack ?? '')
  return error instanceof CliError ? error.exitCode : ExitCode.failed
}
