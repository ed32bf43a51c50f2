/** A package of the lockfile for a system other than this one, checked against the lockfile's own hash. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lib/run.ts'

/** The folder with its content. Fetched once, by npm, from the registry that npm is set to. */
export function lockedPackage(name: string): string {
  const { version, integrity } = lockEntry(name)
  const folder = join(root, 'build/locked-packages', `${name}-${version}`)
  if (existsSync(folder)) return folder
  const fresh = `${folder}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  const spec = `${name}@${version}`
  const packed = execFileSync(
    'npm',
    ['pack', spec, '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', fresh],
    { encoding: 'utf8', cwd: root },
  )
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  const archive = join(fresh, filename)
  const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (hash !== integrity) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Error(`${spec} from the registry is not what package-lock.json names: ${hash}`)
  }
  execFileSync('tar', ['-xzf', archive, '-C', fresh, '--strip-components=1'])
  rmSync(archive)
  renameSync(fresh, folder)
  return folder
}

function lockEntry(name: string): { version: string; integrity: string } {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>
  }
  const entry = lock.packages[`node_modules/${name}`]
  if (entry === undefined) {
    throw new Error(`${name} is not in package-lock.json: there is no package for this system yet`)
  }
  return entry
}
