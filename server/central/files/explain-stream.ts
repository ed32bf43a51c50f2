/** What Windows does with a carrier of the inventory; if asked live, by the policies that its machine reports now. */
import type { Explanation } from '../../protocol/api/files.ts'
import { AttachmentPoliciesReply } from '../../protocol/attachment-policies.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { type AttachmentPolicies, explain } from '../../streams/explain.ts'
import type { Scope } from '../accounts/scope-service.ts'
import { type AgentLink, agentRoute } from '../machines/agent-link.ts'
import type { StreamService } from '../streams/stream-service.ts'

/** A person waits for it, and an explanation without it is good, too. */
const ASK_MS = 8_000

/** Throws STREAM_NOT_FOUND. A machine that does not answer is explained without its policies, which is said. */
export type ExplainStream = (
  streamId: number,
  scope: Scope,
  how: { isLive: boolean },
) => Promise<Explanation>

const askPolicies = agentRoute('POST', '/v1/attachment-policies', AttachmentPoliciesReply)

export function createExplainStream({
  streams,
  link,
}: {
  streams: Pick<StreamService, 'get'>
  link: AgentLink
}): ExplainStream {
  return async (streamId, scope, { isLive }) => {
    const { machineId, path, kind, origin } = await streams.get(streamId, scope)
    const policies = isLive ? await policiesOf(link, machineId) : null
    return explain({ path, kind, origin, policies })
  }
}

async function policiesOf(
  link: AgentLink,
  machineId: MachineId,
): Promise<AttachmentPolicies | null> {
  try {
    const reply = await askPolicies(link, machineId, {}, ASK_MS)
    const [most] = reply.policies
    if (most === undefined) return null
    const ofUsers = reply.policies.reduce((sum, { users }) => sum + users, reply.unreadUsers)
    return { policy: most.policy, users: most.users, ofUsers }
  } catch (error) {
    // It is off, too slow, or older than this question.
    if (error instanceof AppError) return null
    throw error
  }
}
