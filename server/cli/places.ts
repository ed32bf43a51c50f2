/**
 * Where an installed Sidestream keeps what is not its program. A package says that it is one by
 * `installed.json` beside package.json; a checkout keeps all below itself.
 */
import { existsSync } from 'node:fs'
import { join, win32 } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Places {
  /** The folder that holds `server/`. */
  readonly program: string
  /** Holds the two below; closed to all but administrators. */
  readonly data: string
  readonly state: string
  readonly logs: string
}

const program = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

export function isInstalled(): boolean {
  return existsSync(join(program, 'installed.json'))
}

/** The places of this machine's one agent that runs as a service. */
export function servicePlaces(environment: Readonly<Record<string, string | undefined>>): Places {
  if (process.platform === 'win32') {
    const data = win32.join(environment.ProgramData ?? 'C:\\ProgramData', 'Sidestream')
    return { program, data, state: win32.join(data, 'state'), logs: win32.join(data, 'logs') }
  }
  const data = '/var/lib/sidestream'
  return { program, data, state: `${data}/agent`, logs: '/var/log' }
}

/** Of `--state`, where none is given. */
export function usualState(environment: Readonly<Record<string, string | undefined>>): string {
  return isInstalled() ? servicePlaces(environment).state : '.sidestream/agent'
}
