/** Whether files are still there, by what their machine says now: a mark that went with its file is no mark that was taken off. */
import { randomUUID } from 'node:crypto'
import { type AskedFile, FilesReply } from '../../protocol/ask.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { type AgentLink, agentRoute } from '../machines/agent-link.ts'

export type CarrierNow = 'there' | 'not there' | 'unknown'

/** Sinks wait for it. */
const ASK_MS = 2_000
const GRACE_MS = 1_000
/** As many as an agent takes at once. */
const MAX_PATHS = 256

const askFiles = agentRoute('POST', '/v1/files', FilesReply)

/** By path. What the machine does not say is `unknown`. */
export async function carriersNow(
  link: AgentLink,
  machineId: MachineId,
  paths: readonly string[],
): Promise<(path: string) => CarrierNow> {
  const asked = [...new Set(paths)].slice(0, MAX_PATHS)
  if (asked.length === 0 || !link.isOnline(machineId)) return () => 'unknown'
  const request = { askId: randomUUID(), paths: asked, content: null, timeMs: ASK_MS }
  try {
    const { files } = await askFiles(
      link,
      machineId,
      { ...request, hashLimitBytes: 0 },
      ASK_MS + GRACE_MS,
    )
    const states = new Map(files.map(({ path, state }) => [path, NOW[state]]))
    return (path) => states.get(path) ?? 'unknown'
  } catch (error) {
    if (error instanceof AppError) return () => 'unknown'
    throw error
  }
}

const NOW: Readonly<Record<AskedFile['state'], CarrierNow>> = {
  marked: 'there',
  unmarked: 'there',
  absent: 'not there',
  unreadable: 'unknown',
  'outside-scope': 'unknown',
  'not-reached': 'unknown',
}
