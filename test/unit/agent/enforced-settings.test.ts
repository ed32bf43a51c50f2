import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { RegistryValue } from '../../../native/service.ts'
import { enforcePolicy, readEnforcedSettings } from '../../../server/agent/enforced-settings.ts'
import { NEW_MACHINE } from '../../../server/agent/policy.ts'

const from = (...values: RegistryValue[]) =>
  readEnforcedSettings({ readRegistryValues: () => values })

describe('settings that group policy enforces', () => {
  it('stand instead of the file, value by value', () => {
    const enforced = from(
      { name: 'actions', value: ['strip', 'Reduce'] },
      { name: 'TargetsPerMinute', value: 50 },
      { name: 'QuarantineMegabytes', value: 2 },
    )
    expect(enforced.names).toEqual(['Actions', 'TargetsPerMinute', 'QuarantineMegabytes'])
    expect(enforcePolicy(NEW_MACHINE, enforced)).toEqual({
      ...NEW_MACHINE,
      actions: ['strip', 'reduce'],
      targetsPerMinute: 50,
      quarantine: { ...NEW_MACHINE.quarantine, maxBytes: 2 * 1_048_576 },
    })
  })

  it('change nothing where there are none', () => {
    expect(enforcePolicy(NEW_MACHINE, from())).toEqual(NEW_MACHINE)
  })

  it('take a list from text divided by semicolons', () => {
    expect(from({ name: 'Scope', value: 'C:; D:\\Shares ;' }).scope).toEqual(['C:', 'D:\\Shares'])
  })

  it('allow nothing where the list of actions is empty', () => {
    const enforced = from({ name: 'Actions', value: [] })
    expect(enforcePolicy(NEW_MACHINE, enforced).actions).toEqual([])
  })

  it.each<[RegistryValue, RegExp]>([
    [{ name: 'Actions', value: ['delete'] }, /Actions cannot be used: "delete" is none of/],
    [{ name: 'QuarantineDays', value: 'many' }, /QuarantineDays cannot be used: .*REG_DWORD/],
    [{ name: 'Scope', value: 7 }, /Scope cannot be used: it must be a list/],
  ])('refuse %j instead of going on without it', (value, message) => {
    expect(() => from(value)).toThrow(message)
  })

  it('are the values that the ADMX writes', () => {
    const admx = readFileSync('scripts/package/admx/sidestream.admx', 'utf8')
    const offered = [...admx.matchAll(/valueName="(\w+)"/g)].map(([, name]) => name!)
    const values = offered.map((name) => ({ name, value: /Minute|Mega|Days/.test(name) ? 1 : [] }))
    expect(from(...values).names).toEqual(offered)
    expect(offered).toHaveLength(9)
  })
})
