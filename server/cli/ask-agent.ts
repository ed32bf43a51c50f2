/** Asks the agent of this machine over its local socket. */
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { Compile } from 'typebox/compile'
import { AgentStatus } from '../protocol/agent-api.ts'
import { CliError } from './cli-error.ts'

const ANSWER_MS = 10_000

export async function askAgent(socketPath: string, howToRun: string): Promise<AgentStatus> {
  const body = await ask(socketPath, 'GET', '/v1/status').catch((cause: NodeJS.ErrnoException) => {
    throw unreachable(socketPath, howToRun, cause)
  })
  if (Compile(AgentStatus).Check(body)) return body
  throw new CliError(
    'AGENT_UNKNOWN',
    `${socketPath} answers, but not like an agent of this release`,
  )
}

/** Has it do something that needs no words. */
export async function orderAgent(
  socketPath: string,
  howToRun: string,
  path: string,
): Promise<void> {
  const body = await ask(socketPath, 'POST', path).catch((cause: NodeJS.ErrnoException) => {
    throw unreachable(socketPath, howToRun, cause)
  })
  const { code, message } = (body ?? {}) as { code?: string; message?: string }
  if (code !== undefined) throw new CliError(code, message ?? 'the agent refused')
}

async function ask(socketPath: string, method: string, path: string): Promise<unknown> {
  const body = await new Promise<string>((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS)
    const asked = request({ socketPath, method, path, signal }, (response) =>
      text(response).then(resolve, reject),
    )
    asked.on('error', reject)
    if (method === 'POST') asked.setHeader('content-type', 'application/json').end('{}')
    else asked.end()
  })
  return JSON.parse(body)
}

function unreachable(socketPath: string, howToRun: string, cause: NodeJS.ErrnoException): CliError {
  if (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED') {
    return new CliError(
      'AGENT_NOT_RUNNING',
      `no agent listens on ${socketPath}; start it: ${howToRun}`,
      {
        cause,
      },
    )
  }
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new CliError(
      'ACCESS_DENIED',
      `${socketPath} is for the agent’s own user; ask as that one`,
      {
        cause,
      },
    )
  }
  return new CliError(
    'AGENT_SILENT',
    `the agent on ${socketPath} does not answer: ${cause.message}`,
    {
      cause,
    },
  )
}
