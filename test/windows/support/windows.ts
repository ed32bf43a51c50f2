/** Runs JavaScript on Windows Node under Wine, against NTFS volumes that Linux writes to. See ../README.md. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeNtfsImage } from '../../support/ntfs-3g-volume.ts'

const bench = fileURLToPath(new URL('../bench/winbench', import.meta.url))
const checkout = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)))

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
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-script-'))
  try {
    const script = join(folder, 'script.mjs')
    writeFileSync(
      script,
      `import fs from 'node:fs'
import * as support from ${JSON.stringify(`file:///Z:${checkout}/test/windows/support/driver.ts`)}
const { addon } = support
const args = ${JSON.stringify(args)}
const result = await (async () => { ${body} })()
process.stdout.write(support.toJson(result))`,
    )
    return JSON.parse(runBench(['node', '--', windowsPath(script)], environment)) as T
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
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
