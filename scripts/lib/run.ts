/** Small helpers that the scripts share: running programs in the checkout, and finding them. */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

export interface Finished {
  exitCode: number
  /** Standard output and error together, as they came. */
  output: string
}

/** Runs a program in the checkout and waits for it. `show` passes its output on as it comes. */
export function run(command: string, args: readonly string[], show: boolean): Promise<Finished> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (show) process.stdout.write(chunk)
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString('utf8') })
    })
  })
}

/** Where a program is on PATH (or in the folders that PATH often lacks); undefined if nowhere. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The JavaScript entry of an installed package's program, to be run by the pinned Node. */
export function packageProgram(...parts: string[]): string {
  return join(root, 'node_modules', ...parts)
}
