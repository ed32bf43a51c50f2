/**
 * The entry of `sidestream`, and the only file that knows the process: arguments, environment, signals,
 * exit code. Everything below gets what it needs handed in.
 */
import { CliError, describeError } from './cli-error.ts'
import { ExitCode, SIGNAL_EXIT_CODES } from './exit-code.ts'
import { isServiceRun, runAgentService } from './run-service.ts'
import { Interrupted, Terminal } from './terminal.ts'
import { takeBegunScan, usualScan } from './usual-scan.ts'

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

try {
  await run(process.argv.slice(2))
} catch (error) {
  process.exitCode = report(error)
}

async function run(args: readonly string[]): Promise<void> {
  const usual = usualScan(args)
  if (usual !== null) {
    const { runScan } = await import('./scan-command.ts')
    process.exitCode = await runScan([usual.target], usual.flags, terminal, takeBegunScan())
    return
  }
  if (isServiceRun(args)) {
    process.exitCode = await runAgentService({ logLevel: 'info' }, process.env)
    return
  }
  const { runProgram } = await import('./program.ts')
  await runProgram(args, {
    terminal,
    environment: process.env,
    finish: (exitCode) => {
      process.exitCode = exitCode
    },
  })
}

/** Prints what failed; returns the exit code. */
function report(error: unknown): number {
  if (error instanceof Interrupted) return SIGNAL_EXIT_CODES[error.signal] ?? ExitCode.failed
  terminal.note(`sidestream: ${describeError(error)}`)
  if (process.argv.includes('--verbose') && error instanceof Error) terminal.note(error.stack ?? '')
  return error instanceof CliError ? error.exitCode : ExitCode.failed
}
