import type { AgentStatus } from '../protocol/agent-api.ts'
import { displayName } from '../streams/display-name.ts'
import { counted, humanCount } from './human.ts'

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
    ['version', status.version],
  ]
  return rows.map(([label, value]) => `${label.padEnd(12)}${displayName(value)}\n`).join('')
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
