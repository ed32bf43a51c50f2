/** The agent of a Samba server whose shares keep streams under names of their own. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeStateDir, writeConfig } from '../../../server/agent/config.ts'
import { addon, scanAll } from '../../support/native.ts'
import { readXattrs, setXattr } from '../../support/xattrs.ts'
import { anAgent, aPlace, post, rescan } from './support/agent-fixture.ts'
import { aRestore, aStrip, MARK, sha256 } from './support/carrier.ts'

const KEY = 'user.Mine.Zone.Identifier:$DATA'

describe('smbConf in agent.json', () => {
  it('lets the agent see, read, strip and restore what a share keeps under its own prefix', async () => {
    const place = aPlace()
    const smbConf = join(place.base, 'smb.conf')
    writeFileSync(
      smbConf,
      `[data]\npath = ${place.data}\nvfs objects = streams_xattr\nstreams_xattr:prefix = user.Mine.\n`,
    )
    const path = join(place.data, 'setup.exe')
    writeFileSync(path, 'MZ')
    setXattr(path, KEY, `${MARK}\0`)
    makeStateDir(place.stateDir)
    const allowedStreams = ['Zone.Identifier']
    writeConfig(place.stateDir, { scope: [place.data], exclude: [], allowedStreams, smbConf })
    const agent = await anAgent(place)
    await rescan(agent)
    expect(agent.status()).toMatchObject({ streamsKnown: 1 })

    const { volumeId } = await addon.probe(place.data)
    const [found] = (await scanAll(place.data, { hints: { smbConf } })).streams
    const { identity } = found!
    const target = {
      targetId: 'c3c0ad1e-6b2e-4b44-9b3c-0d7b8a0a5f01',
      volumeId,
      identity,
      path,
      stream: 'Zone.Identifier',
      sizeBytes: MARK.length,
      sha256: sha256(MARK),
    } as never
    const where = { volumeId, identity, path, stream: 'Zone.Identifier', offset: 0, length: 100 }
    expect((await post(agent, '/v1/read', where)).body).toMatchObject({ sha256: sha256(MARK) })
    const stripped = await post(agent, '/v1/strip', aStrip(target))
    expect(stripped.body.receipts).toMatchObject([{ outcome: 'done' }])
    expect(readXattrs(path)).toEqual({})
    const restored = await post(agent, '/v1/restore', aRestore(target))
    expect(restored.body.receipts).toMatchObject([{ outcome: 'done' }])
    expect(readXattrs(path)).toEqual({ [KEY]: Buffer.from(`${MARK}\0`) })
  })
})
