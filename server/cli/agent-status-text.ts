import type { AgentStatus } from '../protocol/agent-api.ts'
import { displayName } from '../streams/display-name.ts'
import { counted, humanCount, humanSize } from './human.ts'

/** The status for people: a label and a value a line. */
export function agentStatusText(status: AgentStatus): string {
  const link = status.linkMessage === '' ? status.link : `${status.link}: ${status.linkMessage}`
  const rows: [string, string][] = [
    ['machine', status.machineId ?? 'not enrolled'],
    ['central', status.centralUrl ?? 'none'],
    ['link', link],
    ['streams', humanCount(status.streamsKnown)],
    ['to be sent', counted(status.unacknowledged, 'change')],
    ['scanning', scanning(status)],
    ['last scan', lastScan(status)],
    ...status.volumes.map((volume): [string, string] => {
      const access = volume.isWritable ? '' : ', read only'
      return ['volume', `${volume.root} (${volume.fileSystem}, ${volume.provider}${access})`]
    }),
    ...policyRows(status),
    ['version', status.version],
  ]
  return rows.map(([label, value]) => `${label.padEnd(12)}${displayName(value)}\n`).join('')
}

type Row = [string, string]

function policyRows({ policy, quarantine, enforced }: AgentStatus): Row[] {
  const { actions, streams, paths, targetsPerMinute } = policy
  const listed = (items: readonly string[]) => (items.length === 0 ? 'none' : items.join(', '))
  const { maxBytes, maxDays } = policy.quarantine
  const kept = `${counted(quarantine.keptEntries, 'stream')}, ${humanSize(BigInt(quarantine.keptBytes))}`
  return [
    ...(enforced.length === 0
      ? []
      : [['by policy', `${enforced.join(', ')} (group policy; instead of the files)`] as Row]),
    ['may', listed(actions)],
    ['streams of', `${listed(streams)}, but never what holds a file’s own data`],
    ['paths', listed(paths.include)],
    ...(paths.exclude.length === 0 ? [] : [['not paths', listed(paths.exclude)] as Row]),
    ['a minute', targetsPerMinute === null ? 'any number' : counted(targetsPerMinute, 'target')],
    ['quarantine', `${kept}; at most ${humanSize(BigInt(maxBytes))}, ${maxDays} days`],
  ]
}

function scanning({ scanning: scan }: AgentStatus): string {
  if (scan === null) return 'no'
  const done = scan.fractionDone === null ? '' : `, ${Math.floor(scan.fractionDone * 100)} % done`
  return `${counted(scan.carriersSeen, 'carrier')}, ${counted(scan.streamsFound, 'stream')}${done}`
}

function lastScan({ lastScan: scan }: AgentStatus): string {
  if (scan === null) return 'none'
  const why = scan.message === '' ? '' : `; ${scan.message}`
  return (
    `${scan.state} at ${scan.finishedAt}: ${counted(scan.carriersSeen, 'carrier')}, ` +
    `${counted(scan.streamsFound, 'stream')}, ${humanCount(scan.unreadableCount)} unreadable${why}`
  )
}
