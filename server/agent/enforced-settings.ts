/**
 * Settings that an administrator enforces by group policy: HKLM\Software\Policies\Sidestream, which only
 * administrators may write. Each value there stands instead of the file's; what is not there is the
 * file's (`agent.json`, `policy.json`) or the default. Elsewhere than on Windows there are none.
 */

import { Value } from 'typebox/value'
import type { NativeService, RegistryValue } from '../../native/service.ts'
import { OrderAction } from '../protocol/order.ts'
import type { LocalPolicy } from '../protocol/policy.ts'
import { AppError } from '../shared/app-error.ts'

export const POLICY_KEY = 'Software\\Policies\\Sidestream'
const MEGABYTE = 1_048_576

/** Value names of the registry, and of the ADMX beside them (scripts/package/admx). */
const READERS = {
  Scope: (value: Raw) => ({ scope: list(value) }),
  Exclude: (value: Raw) => ({ exclude: list(value) }),
  Actions: (value: Raw) => ({ actions: list(value).map(action) }),
  Streams: (value: Raw) => ({ streams: list(value) }),
  IncludePaths: (value: Raw) => ({ includePaths: list(value) }),
  ExcludePaths: (value: Raw) => ({ excludePaths: list(value) }),
  TargetsPerMinute: (value: Raw) => ({ targetsPerMinute: number(value) }),
  QuarantineMegabytes: (value: Raw) => ({ quarantineBytes: number(value) * MEGABYTE }),
  QuarantineDays: (value: Raw) => ({ quarantineDays: number(value) }),
} as const

type Raw = RegistryValue['value']

export interface EnforcedSettings {
  /** Names of the values that are set, for people. */
  readonly names: readonly string[]
  readonly scope?: readonly string[]
  readonly exclude?: readonly string[]
  readonly actions?: LocalPolicy['actions']
  readonly streams?: readonly string[]
  readonly includePaths?: readonly string[]
  readonly excludePaths?: readonly string[]
  readonly targetsPerMinute?: number
  readonly quarantineBytes?: number
  readonly quarantineDays?: number
}

export const NOTHING_ENFORCED: EnforcedSettings = { names: [] }

/** Throws POLICY_INVALID in one line: a rule that cannot be understood is not the absence of a rule. */
export function readEnforcedSettings(
  service: Pick<NativeService, 'readRegistryValues'>,
): EnforcedSettings {
  let settings: EnforcedSettings = NOTHING_ENFORCED
  for (const { name, value } of service.readRegistryValues(POLICY_KEY)) {
    // Letter case means nothing in the registry. A newer ADMX may set what this release does not know.
    const known = Object.keys(READERS).find((key) => key.toLowerCase() === name.toLowerCase())
    if (known === undefined) continue
    try {
      const read = READERS[known as keyof typeof READERS](value)
      settings = { ...settings, ...read, names: [...settings.names, known] }
    } catch (cause) {
      throw new AppError(
        'POLICY_INVALID',
        500,
        `HKLM\\${POLICY_KEY}\\${known} cannot be used: ${(cause as Error).message}. Mend the group policy.`,
        { cause },
      )
    }
  }
  return settings
}

export function enforcePolicy(policy: LocalPolicy, enforced: EnforcedSettings): LocalPolicy {
  const { actions, streams, includePaths, excludePaths } = enforced
  const { targetsPerMinute, quarantineBytes, quarantineDays } = enforced
  return {
    ...policy,
    actions: actions ?? policy.actions,
    streams: [...(streams ?? policy.streams)],
    paths: {
      include: [...(includePaths ?? policy.paths.include)],
      exclude: [...(excludePaths ?? policy.paths.exclude)],
    },
    targetsPerMinute: targetsPerMinute ?? policy.targetsPerMinute,
    quarantine: {
      maxBytes: quarantineBytes ?? policy.quarantine.maxBytes,
      maxDays: quarantineDays ?? policy.quarantine.maxDays,
    },
  }
}

/** A list, or text as older editors write it: divided by semicolons. */
function list(value: Raw): string[] {
  if (typeof value === 'number') throw new Error('it must be a list of texts')
  const items = typeof value === 'string' ? value.split(';') : value
  const named = items.map((item) => item.trim()).filter((item) => item !== '')
  if (named.length > 256 || named.some((item) => item.length > 4_096)) {
    throw new Error('it has more than 256 items, or one of more than 4096 characters')
  }
  return named
}

function action(text: string): LocalPolicy['actions'][number] {
  const word = text.toLowerCase()
  if (Value.Check(OrderAction, word)) return word
  throw new Error(`"${text.slice(0, 40)}" is none of strip, reduce, mark, restore`)
}

function number(value: Raw): number {
  if (typeof value !== 'number') throw new Error('it must be a number (REG_DWORD)')
  return value
}
