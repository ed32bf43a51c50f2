/** Real processes, and real streams to run them on. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { python } from '../../support/ntfs-3g-volume.ts'

export const MAIN = fileURLToPath(new URL('../../../server/cli/main.ts', import.meta.url))
const IMAGE = fileURLToPath(new URL('../../fixtures/volumes/office-pc.img.gz', import.meta.url))

export interface RunningCli {
  readonly child: ChildProcess
  readonly output: { stdout: string; stderr: string }
  /** The exit code, when the process has ended and all was read. */
  readonly ended: Promise<number | null>
}

export function startCli(args: readonly string[], options: SpawnOptions = {}): RunningCli {
  return startEntry(MAIN, args, options)
}

function startEntry(entry: string, args: readonly string[], options: SpawnOptions): RunningCli {
  const child = spawn(process.execPath, [entry, ...args], { stdio: 'pipe', ...options })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { child, output, ended }
}

export async function runCli(args: readonly string[], options: SpawnOptions = {}) {
  return runEntry(MAIN, args, options)
}

/** The same from another file than {@link MAIN}. */
export async function runEntry(entry: string, args: readonly string[], options: SpawnOptions = {}) {
  const { ended, output } = startEntry(entry, args, options)
  return { exitCode: await ended, ...output }
}

/** Waits until the output fits, or says what it was. */
export async function outputOf(cli: RunningCli, pattern: RegExp): Promise<RegExpExecArray> {
  for (let tries = 0; tries < 600; tries++) {
    const match = pattern.exec(cli.output.stdout)
    if (match !== null) return match
    if (cli.child.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`no ${pattern} in: ${cli.output.stdout}${cli.output.stderr}`)
}

export interface Place {
  readonly folder: string
  remove(): void
}

export function temporaryPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-cli-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export function officeImage(folder: string): string {
  const path = join(folder, 'office-pc.img')
  writeFileSync(path, gunzipSync(readFileSync(IMAGE)))
  return path
}

/** Streams as Samba keeps them. Names are Latin-1 here, one character a byte, so that any bytes can be. */
export function writeStreams(file: string, streams: Readonly<Record<string, string>>): void {
  python(WRITE, [file], streams)
}

const WRITE = `
import json, os, sys
for name, content in json.load(sys.stdin).items():
    key = b"user.DosStream." + name.encode("latin-1") + b":$DATA"
    os.setxattr(sys.argv[1], key, content.encode("latin-1") + b"\\0")
`

export const MARK = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://cdn.example.com/setup.exe\r\n'
