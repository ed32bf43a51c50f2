/**
 * The way to agents, as services see it; `link/` implements it over WebSockets. What an agent answers is
 * outside data: {@link askAgent} is the one place that takes it in.
 */
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { ErrorReply } from '../../protocol/errors.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'

export interface AgentRequest {
  method: 'GET' | 'POST'
  path: string
  body: unknown
  timeoutMs: number
}

export interface AgentLink {
  isOnline(machineId: MachineId): boolean
  countOnline(): number
  /** What its agent speaks; null: it is not connected. */
  protocolOf(machineId: MachineId): number | null
  /** Rejects with MACHINE_OFFLINE, also when the connection ends before the answer, or AGENT_TIMEOUT. */
  request(machineId: MachineId, request: AgentRequest): Promise<{ status: number; body: unknown }>
}

const errorReply = Compile(ErrorReply)

/** Makes a caller of one route of the agent, whose reply is checked against `schema`. */
export function agentRoute<Reply extends TSchema>(
  method: 'GET' | 'POST',
  path: string,
  schema: Reply,
): (
  link: AgentLink,
  machineId: MachineId,
  body: unknown,
  timeoutMs: number,
) => Promise<Static<Reply>> {
  const reply = Compile(schema)
  return async (link, machineId, body, timeoutMs) => {
    const answer = await link.request(machineId, { method, path, body, timeoutMs })
    if (answer.status === 200 || answer.status === 202) {
      if (reply.Check(answer.body)) return answer.body as Static<Reply>
    } else if (errorReply.Check(answer.body)) {
      // Never the agent's own status or code as ours: a 401 from an agent must not sign anybody out.
      throw new AppError('AGENT_REFUSED', 409, `the agent answered: ${answer.body.message}`, {
        details: { code: answer.body.code, message: answer.body.message },
      })
    }
    throw new AppError('AGENT_ANSWER_INVALID', 502, `the agent's answer to ${path} makes no sense`)
  }
}

export function machineOffline(machineId: MachineId): AppError {
  return new AppError(
    'MACHINE_OFFLINE',
    409,
    `machine ${machineId} is not connected; try again when it is back`,
  )
}
