/** Runs the real command-line program, as a person or script would. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../server/cli/main.ts', import.meta.url))

export interface CliResult {
  exitCode: number | null
  stdout: string
  stderr: string
}

export function sidestream(...args: string[]): CliResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
  })
  return { exitCode: status, stdout, stderr }
}

/** The records of NDJSON output. */
export function records<T>(result: CliResult): T[] {
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
