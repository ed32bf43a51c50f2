import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { arch, hostname, platform, release } from 'node:os'
import type { MachineFacts } from '../protocol/link-frames.ts'

/** Told at enrolment and in every hello. `name` stands in for the host name. */
export function machineFacts(agentVersion: string, name?: string): MachineFacts {
  return {
    hostname: (name ?? (hostname() || 'unknown')).slice(0, 255),
    platform: platform(),
    osRelease: release().slice(0, 255),
    architecture: arch(),
    agentVersion,
  }
}

/** With what tells this machine from others, so that it is known again when it has lost its key. */
export function enrolmentFacts(agentVersion: string, name?: string): MachineFacts {
  const fingerprint = machineFingerprint()
  return { ...machineFacts(agentVersion, name), ...(fingerprint ? { fingerprint } : {}) }
}

/**
 * Tells this machine from a copy of its disk, once that has a name or a system id of its own. A hash, so that
 * central learns neither. Undefined where the system says nothing of itself.
 */
export function machineFingerprint(): string | undefined {
  try {
    const id = platform() === 'win32' ? machineGuid() : readFileSync('/etc/machine-id', 'utf8')
    const text = `sidestream-machine\n${id.trim().toLowerCase()}\n${hostname().toLowerCase()}`
    return createHash('sha256').update(text).digest('hex')
  } catch {
    return undefined
  }
}

function machineGuid(): string {
  const args = ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid', '/reg:64']
  const options = { encoding: 'utf8', timeout: 5_000, windowsHide: true } as const
  const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(
    execFileSync('C:\\Windows\\System32\\reg.exe', args, options),
  )
  if (guid === null) throw new Error('this Windows has no MachineGuid')
  return guid[0]
}
