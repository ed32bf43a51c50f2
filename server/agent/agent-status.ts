/** What an agent says of itself, to people on its machine and to central. */
import type { AgentStatus } from '../protocol/agent-api.ts'
import type { LocalPolicy } from '../protocol/policy.ts'
import { toTimestamp } from '../shared/clock.ts'
import { AGENT_VERSION } from './agent-version.ts'
import type { CentralSide } from './central-side.ts'
import type { EnforcedSettings } from './enforced-settings.ts'
import type { ScanRunner } from './scan/scan-runner.ts'
import type { AgentState } from './state/open-state.ts'
import type { CentralDoor } from './trust/central-door.ts'
import type { MachineIdentity } from './trust/machine-identity.ts'
import type { Watcher } from './watch/watcher.ts'

export interface StatusParts {
  readonly central: CentralSide
  readonly state: AgentState
  readonly scanRunner: ScanRunner
  readonly watcher: Watcher
  readonly policy: LocalPolicy
  readonly enforced: EnforcedSettings
}

export function agentStatus(parts: StatusParts): AgentStatus {
  const { central, state, scanRunner, watcher, policy, enforced } = parts
  const { identity } = central
  const { state: link, message: linkMessage, code: linkCode } = central.status()
  return {
    version: AGENT_VERSION,
    machineId: identity?.machineId ?? null,
    centralUrl: identity?.centralUrl ?? null,
    link,
    linkMessage,
    linkCode,
    trust: identity === null ? null : trustStatus(identity, central.door),
    volumes: [...scanRunner.volumes()],
    watches: watcher.status(),
    scanning: scanRunner.progress(),
    lastScan: state.scans.last(),
    streamsKnown: state.inventory.countPresent(),
    unacknowledged: state.inventory.countPending(),
    policy,
    enforced: [...enforced.names],
    quarantine: quarantineStatus(state),
  }
}

function trustStatus(identity: MachineIdentity, door: CentralDoor | null): AgentStatus['trust'] {
  const ends = door?.certificateEnds ?? null
  const certificateEnds = ends === null ? null : toTimestamp(ends.getTime())
  return { keyFingerprint: identity.keyFingerprint, pins: [...identity.pins], certificateEnds }
}

function quarantineStatus(state: AgentState): AgentStatus['quarantine'] {
  const { entries, bytes } = state.quarantine.totals()
  return { keptEntries: entries, keptBytes: bytes }
}
