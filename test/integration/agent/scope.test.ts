import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Scope } from '../../../server/agent/scan/scope.ts'
import type { VolumeId } from '../../../server/protocol/ids.ts'
import { addon } from '../../support/native.ts'
import { aPlace } from './support/agent-fixture.ts'

describe('the scope', () => {
  it('holds its roots and what is below, and neither look-alikes, detours nor exclusions', async () => {
    const { data } = aPlace()
    mkdirSync(join(data, 'out'))
    const scope = new Scope(addon, [`${data}/`], [join(data, 'out')])
    const volumeId = (await addon.probe(data)).volumeId as VolumeId
    const holds = async (path: string) => (await scope.resolve(volumeId, path)) !== null
    expect(await holds(data)).toBe(true)
    expect(await holds(`${data}/a/b`)).toBe(true)
    expect(await holds(`${data}/out-side`)).toBe(true)
    expect(await holds(`${data}-too/a`)).toBe(false)
    expect(await holds(`${data}/../etc/passwd`)).toBe(false)
    expect(await holds(`${data}/out/a`)).toBe(false)
    expect(await holds(`${data}/out`)).toBe(false)
    expect(await holds('relative')).toBe(false)
  })

  it('holds everything where the root is the whole file system, but only of that volume', async () => {
    const scope = new Scope(addon, ['/'], [])
    const volumeId = (await addon.probe('/')).volumeId as VolumeId
    expect((await scope.resolve(volumeId, '/etc/passwd'))?.root).toBe('/')
    expect(await scope.resolve('fs-00000000000000ff' as VolumeId, '/etc/passwd')).toBe(null)
  })
})
