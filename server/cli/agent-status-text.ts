import type { AgentStatus } from '../protocol/agent-api.ts'
import { displayName } from '../streams/display-name.ts'
import { counted, humanCount, humanSize } from './human.ts'

/** The status for people: a label and a value a line. */
export function agentStatusText(status: AgentStatus): string {
  const code = status.linkCode === '' ? '' : ` [${status.linkCode}]`
  const link =
    status.linkMessage === '' ? status.link : `${status.link}: ${status.linkMessage}${code}`
  const rows: [string, string][] = [
    ['machine', status.machineId ?? 'not enrolled'],
    ['central', status.centralUrl ?? 'none'],
    ['link', link],
    ...trustRows(status),
    ['streams', humanCount(status.streamsKnown)],
    ['to be sent', counted(status.unacknowledged, 'change')],
    ['scanning', scanning(status)],
    ['last scan', lastScan(status)],
    ...status.volumes.map((volume): [string, string] => {
      const access = volume.isWritable ? '' : ', read only'
      return ['volume', `${volume.root} (${volume.fileSystem}, ${volume.provider}${access})`]
    }),
    ...status.watches.map((watch): [string, string] => ['changes', changes(watch)]),
    ...policyRows(status),
    ['version', status.version],
  ]
  return rows.map(([label, value]) => `${label.padEnd(12)}${displayName(value)}\n`).join('')
}

type Row = [string, string]

function changes({ root, how, isInStep, message }: AgentStatus['watches'][number]): string {
  const source = { journal: 'by journal', notices: 'at once', scans: 'by scans only' }[how]
  const step = isInStep || how === 'scans' ? '' : ', after the next scan'
  return `${root}: seen ${source}${step}${message === '' ? '' : ` (${message})`}`
}

function trustRows({ trust }: AgentStatus): Row[] {
  if (trust === null) return []
  const { keyFingerprint, pins, certificateEnds } = trust
  return [
    ['key', `SHA-256 ${keyFingerprint}`],
    ['trusts', pins.length === 0 ? 'what this system trusts' : `only the pins ${pins.join(', ')}`],
    ['certificate', certificateEnds === null ? 'none: not encrypted' : `until ${certificateEnds}`],
  ]
}

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
