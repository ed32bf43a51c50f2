/** Somebody at a command line: runs `sidestream` signed in as one user, and shows what a terminal would. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Role } from '../../server/protocol/api/permission-table.ts'
import { root } from '../lib/run.ts'
import type { DemoFleet } from './fleet.ts'

const CLI = join(root, 'server/cli/main.ts')

export interface Person {
  /** Must end well; resolves to its output. */
  (...args: string[]): Promise<string>
  /** Must end with 3: done, but not all of it. */
  partly(...args: string[]): Promise<string>
  /** Must fail. */
  refused(...args: string[]): Promise<string>
}

/** `role`: of a new user; null: the administrator that there is. */
export async function person(
  fleet: DemoFleet,
  username: string,
  role: Role | null,
  isShown: boolean,
): Promise<Person> {
  const password = role === null ? fleet.password : randomBytes(12).toString('base64url')
  if (role !== null) await fleet.client.addUser({ username, password, role })
  const env = {
    ...process.env,
    SIDESTREAM_CENTRAL: fleet.url,
    SIDESTREAM_USER: username,
    SIDESTREAM_PASSWORD: password,
  }
  const runs =
    (wanted: number) =>
    async (...args: string[]) => {
      if (isShown) console.log(`\n${username}$ sidestream ${args.map(quoted).join(' ')}`)
      const { exitCode, output } = await sidestream(args, env)
      if (isShown) process.stdout.write(output)
      if (exitCode === wanted) return output
      throw new Error(`sidestream ${args.join(' ')} ended with ${exitCode}: ${output.trim()}`)
    }
  return Object.assign(runs(0), { partly: runs(3), refused: runs(1) })
}

function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `"${word}"`
}

function sidestream(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, output }))
  })
}
