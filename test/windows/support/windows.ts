/** Runs JavaScript on Windows Node under Wine, against NTFS volumes that Linux writes to. See ../README.md. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeNtfsImage } from '../../support/ntfs-3g-volume.ts'

const bench = fileURLToPath(new URL('../bench/winbench', import.meta.url))
const checkout = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)))

/** The kernel goes on answering "no such file" for so long after a name was removed behind its back. */
export const FUSE_NAME_CACHE_MS = 1_200

/** For the hook that opens a file's first volume: it may have to build the addon. */
export const SETUP_MS = 300_000

/** What a Windows program calls a file of this machine. */
export const windowsPath = (path: string) => `Z:${path.replaceAll('/', '\\')}`

export interface WindowsVolume {
  /** `N:` */
  readonly drive: string
  /** Where Linux sees it: write `file:stream`. */
  readonly folder: string
  readonly image: string
  /** After it nothing but the image is left, completely written. */
  unmount(): void
  /** The image again at the same folder, perhaps under another drive letter. */
  remount(): void
  /** Unmounts what is mounted and removes everything. */
  remove(): void
}

/** Cross-compiled once per test file; what is up to date is left alone. */
function buildAddon(): void {
  const { status, stderr } = spawnSync(join(checkout, 'scripts/build-windows-addon.sh'), {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the Windows addon does not build: ${stderr}`)
}

/** A new volume, visible to Linux and to Windows programs. */
export function openVolume(megabytes = 64): WindowsVolume {
  buildAddon()
  const place = mkdtempSync(join(tmpdir(), 'sidestream-windows-'))
  const image = join(place, 'volume.img')
  const folder = join(place, 'volume')
  makeNtfsImage(image, megabytes)
  const drive = runBench(['mount', image, folder]).trim()
  const unmount = () => void runBench(['unmount', folder])
  return {
    drive,
    folder,
    image,
    unmount,
    remount: () => void runBench(['mount', image, folder]),
    remove: () => {
      unmount()
      rmSync(place, { recursive: true, force: true })
    },
  }
}

/**
 * `body` is the inside of an async function that sees `addon`, `support` (driver.ts), `fs` and `args`; what
 * it returns comes back as JSON, bigints as strings.
 */
export function onWindows<T>(body: string, args: readonly unknown[] = [], environment = {}): T {
  return withScript(scriptOf(body, args), (script) =>
    JSON.parse(runBench(['node', '--', script], environment)),
  )
}

/** What a function of a file in support/ returns, called on Windows beside this process. */
export async function callOnWindows<T>(file: string, name: string, options: object): Promise<T> {
  const script = `import * as file from ${supportUrl(file)}
process.stdout.write(JSON.stringify(await file.${name}(${JSON.stringify(options)})))`
  return withScript(script, async (path) => {
    const { stdout } = await promisify(execFile)(bench, ['node', '--', path])
    return JSON.parse(stdout) as T
  })
}

const supportUrl = (file: string) =>
  JSON.stringify(`file:///Z:${checkout}/test/windows/support/${file}`)

const scriptOf = (body: string, args: readonly unknown[]) => `import fs from 'node:fs'
import * as support from ${supportUrl('driver.ts')}
const { addon } = support
const args = ${JSON.stringify(args)}
const result = await (async () => { ${body} })()
process.stdout.write(support.toJson(result))`

/** `work` gets it as Windows names it. */
function withScript<T>(text: string, work: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-script-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const script = join(folder, 'script.mjs')
  writeFileSync(script, text)
  let result: T
  try {
    result = work(windowsPath(script))
  } catch (error) {
    remove()
    throw error
  }
  if (result instanceof Promise) return result.finally(remove) as T
  remove()
  return result
}

export interface Finished {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `sidestream` itself, on Windows. */
export function windowsCli(args: readonly string[]): Finished {
  const main = windowsPath(join(checkout, 'server/cli/main.ts'))
  return spawnSync(bench, ['node', '--', main, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  })
}

/** The same, left running. SIGTERM ends it. */
export function startWindowsCli(args: readonly string[]): ChildProcess {
  const main = windowsPath(join(checkout, 'server/cli/main.ts'))
  return spawn(bench, ['node', '--', main, ...args], { stdio: 'ignore' })
}

function runBench(args: readonly string[], environment = {}): string {
  const { status, stdout, stderr, error } = spawnSync(bench, args, {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...environment },
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`winbench ${args[0]} ended with ${status}: ${stderr || stdout}`)
  return stdout
}
