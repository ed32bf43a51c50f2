/** Starts, asks and kills agents that run as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AgentStatus } from '../../../../server/protocol/agent-api.ts'
import { type Answer, ask, type Place } from './agent-fixture.ts'
import type { CrashPoint } from './agent-process.ts'

export interface ChildAgent {
  post(path: string, body: unknown): Promise<Answer>
  status(): Promise<AgentStatus>
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>
  /** Waits until it has died by itself. */
  died(): Promise<void>
}

export async function aChildAgent(
  place: Place,
  options: { uid?: number; crashAt?: CrashPoint; scanEverySeconds?: number } = {},
): Promise<ChildAgent> {
  const { stateDir, data } = place
  const child = spawnAgent({ stateDir, scope: [data], ...options })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  await ready(child)
  const socketPath = join(stateDir, 'agent.sock')
  return {
    post: (path, body) => ask(socketPath, 'POST', path, body),
    status: async () => (await ask(socketPath, 'GET', '/v1/status')).body as AgentStatus,
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    died: () => exited,
  }
}

export function spawnAgent(options: object): ChildProcess {
  const program = join(import.meta.dirname, 'agent-process.ts')
  return spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function ready(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the agent ended before it was ready')
  })
  await Promise.race([once(child.stdout!, 'data'), ended])
  ended.catch(() => undefined)
}
