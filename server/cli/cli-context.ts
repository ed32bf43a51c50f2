/** What every command is given. */
import type { Terminal } from './terminal.ts'

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface CliContext {
  readonly terminal: Terminal
  readonly environment: Environment
  /** Takes the exit code of a command that ran. */
  readonly finish: (exitCode: number) => void
}
