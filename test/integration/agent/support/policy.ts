import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalPolicy } from '../../../../server/protocol/policy.ts'
import type { Place } from './agent-fixture.ts'

/** As the machine's owner writes it. */
export function writePolicy({ stateDir }: Place, policy: Partial<LocalPolicy> | string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy)
  writeFileSync(join(stateDir, 'policy.json'), text)
}

export function allowEverything(place: Place): void {
  writePolicy(place, { actions: ['strip', 'reduce', 'restore', 'mark'], streams: ['*'] })
}
