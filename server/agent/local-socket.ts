/** The place where people and tools on this machine reach the agent: a Unix socket, or a named pipe. */
import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../shared/app-error.ts'
import type { AgentApp } from './app.ts'

/** `sockaddr_un.sun_path` holds 108 bytes on Linux and 104 on macOS, the final NUL included. */
const MAX_SOCKET_PATH_BYTES = 103

/** Where an agent with this state folder listens unless told otherwise. */
export function defaultSocketPath(stateDir: string): string {
  if (process.platform !== 'win32') return join(stateDir, 'agent.sock')
  const name = createHash('sha256').update(resolve(stateDir).toLowerCase()).digest('hex')
  return `\\\\.\\pipe\\sidestream-agent-${name.slice(0, 16)}`
}

/** The caller holds the state, so a socket file found here is a dead agent's. */
export async function listen(app: AgentApp, socketPath: string): Promise<void> {
  if (process.platform === 'win32') {
    await app.listen({ path: socketPath })
    return
  }
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw new AppError(
      'SOCKET_UNUSABLE',
      500,
      `${socketPath} is longer than the ${MAX_SOCKET_PATH_BYTES} bytes that a socket's path may have. Choose a shorter state folder or socket path.`,
    )
  }
  try {
    mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 })
    removeDeadSocket(socketPath)
    await app.listen({ path: socketPath })
    // The folder of 0700 keeps others out in the moment before.
    chmodSync(socketPath, 0o600)
  } catch (cause) {
    throw new AppError(
      'SOCKET_UNUSABLE',
      500,
      `The agent cannot listen on ${socketPath}: ${(cause as Error).message}.`,
      { cause },
    )
  }
}

function removeDeadSocket(socketPath: string): void {
  const found = lstatSync(socketPath, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new Error('something that is no socket is there')
  rmSync(socketPath)
}
