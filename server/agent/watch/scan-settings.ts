import { createHash } from 'node:crypto'
import type { LookTools } from './scan-named.ts'

/**
 * Of all settings that decide what of a disk gets into the inventory. With other ones the inventory lacks what no
 * change will ever tell of: what was excluded, or was too large to be hashed.
 */
export function scanSettings({ scope, limits }: Pick<LookTools, 'scope' | 'limits'>): string {
  const settings = [scope.exclude.toSorted(), limits.hashLimitBytes, scope.hints.smbConf ?? null]
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex')
}
