/** Lays a package's files out in a folder, as they will lie when it is installed. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../lib/run.ts'
import { lockedPackage } from './locked-package.ts'
import { packingList, type Target } from './packing-list.ts'
import { signFile } from './sign.ts'

export interface Staged {
  readonly folder: string
  /** With `/`, in order. */
  readonly files: readonly string[]
}

/** `version` stands in package.json, and so in everything that the program says of itself. */
export function stage(
  target: Target,
  version: string,
  folder: string,
  signWith: string | undefined,
): Staged {
  rmSync(folder, { recursive: true, force: true })
  const files: string[] = []
  const add = (to: string, from: string) => {
    const place = join(folder, to)
    mkdirSync(dirname(place), { recursive: true })
    copyFileSync(from, place)
    files.push(to)
  }
  const write = (to: string, text: string) => {
    writeFileSync(join(folder, to), text)
    if (!files.includes(to)) files.push(to)
  }
  for (const { from, to } of packingList(target)) add(to, from)
  const system = `${target.platform}-${target.arch}`
  const addon = `native/prebuilds/${system}/sidestream.node`
  add(addon, addonFor(target))
  if (signWith !== undefined && target.platform === 'win32') {
    signFile(join(folder, addon), signWith, 'Sidestream Agent')
  }
  const { program, name } = runtimeFor(target)
  add(name, program)
  write('package.json', packageJson(version))
  // Of no sources, which are not here: what setup made stands for itself.
  if (target.product === 'agent') write('build/cli/sources.json', '[]\n')
  write('installed.json', `${JSON.stringify({ ...target, version })}\n`)
  if (target.platform === 'win32') {
    write('sidestream.cmd', WINDOWS_LAUNCHER)
    for (const file of ['sidestream.admx', 'en-US/sidestream.adml']) {
      add(`policy/${file}`, join(root, 'scripts/package/admx', file))
    }
    add('remove-folder.mjs', join(root, 'scripts/package/msi/remove-folder.mjs'))
  }
  return { folder, files: files.sort() }
}

const WINDOWS_LAUNCHER =
  '@"%~dp0node.exe" --max-semi-space-size=4 "%~dp0server\\cli\\sidestream.mjs" %*\r\n'

/** What Node and our own code read of it, without the names of tools and scripts. */
function packageJson(version: string): string {
  const all = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  const { name, description, license, type } = all
  return `${JSON.stringify({ name, version, description, license, private: true, type }, null, 2)}\n`
}

function addonFor({ platform, arch }: Target): string {
  if (platform === 'win32') {
    if (arch !== 'x64') {
      throw new Error('the addon for Windows on ARM64 is built on Windows: see .github/workflows')
    }
    execFileSync(join(root, 'scripts/build-windows-addon.sh'), {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return join(root, 'build/win32-x64/sidestream.node')
  }
  if (platform !== process.platform || arch !== process.arch) {
    throw new Error(`the addon for ${platform}-${arch} is built on such a machine: run it there`)
  }
  const addon = join(root, 'build/Release/sidestream.node')
  if (!existsSync(addon)) throw new Error(`${addon} is missing: run "npm run setup"`)
  return addon
}

function runtimeFor({ platform, arch }: Target): { program: string; name: string } {
  if (platform === 'win32') {
    const folder = lockedPackage(`node-win-${arch}`)
    return { program: join(folder, 'bin/node.exe'), name: 'node.exe' }
  }
  return { program: join(root, `node_modules/node-linux-${arch}/bin/node`), name: 'bin/node' }
}
