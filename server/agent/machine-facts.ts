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
