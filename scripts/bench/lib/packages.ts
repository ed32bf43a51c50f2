/** Brings the programs that a benchmark measures against, where that may be done. */
import { spawnSync } from 'node:child_process'
import { findProgram } from '../../lib/run.ts'

export interface Needed {
  /** As apt calls it. */
  readonly package: string
  isThere(): boolean
}

export const programOf = (packageName: string, ...programs: string[]): Needed => ({
  package: packageName,
  isThere: () => programs.every((program) => findProgram(program) !== undefined),
})

/**
 * Installs what is missing, with apt-get and as root. Null: all of it is there now. Else the command that brings the
 * rest, for whoever may.
 */
export function bring(needed: readonly Needed[]): string | null {
  const missing = () =>
    needed.filter((one) => !one.isThere()).map(({ package: packageName }) => packageName)
  const packages = missing()
  if (packages.length > 0 && findProgram('apt-get') !== undefined && process.getuid?.() === 0) {
    install(packages)
  }
  const rest = missing()
  return rest.length === 0 ? null : `sudo apt-get install -y ${rest.join(' ')}`
}

function install(packages: readonly string[]): void {
  console.log(`installing ${packages.join(', ')} …`)
  const { status, stderr } = spawnSync(
    findProgram('apt-get')!,
    ['install', '-y', '--no-install-recommends', ...packages],
    {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  if (status === 0) return
  console.log(
    `apt-get could not install ${packages.join(', ')}: ${stderr?.trim().split('\n').at(-1)}`,
  )
}
