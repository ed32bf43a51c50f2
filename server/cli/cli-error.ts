import { displayName } from '../streams/display-name.ts'
import { ExitCode } from './exit-code.ts'

/** An expected failure of a command: becomes one line and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  readonly exitCode: number
  /** What central said of it besides. */
  readonly details: unknown

  constructor(
    code: string,
    message: string,
    options: { exitCode?: number; cause?: unknown; details?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.exitCode = options.exitCode ?? ExitCode.failed
    this.details = options.details
  }
}

/** The person or script asked for something that does not exist or does not fit together. */
export function badUsage(message: string): CliError {
  return new CliError('BAD_USAGE', message, { exitCode: ExitCode.badUsage })
}

/** One line for any failure; names inside it cannot move the cursor or pretend to be other lines. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `${displayName(String(error))} [UNEXPECTED]`
  const { code } = error as NodeJS.ErrnoException
  const message = displayName(error.message.replace(/\s*\n\s*/g, ' '))
  return `${message} [${typeof code === 'string' ? code : 'UNEXPECTED'}]`
}
