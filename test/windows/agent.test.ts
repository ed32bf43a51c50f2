import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../scripts/lib/wait-for.ts'
import type { Order } from '../../server/protocol/api/orders.ts'
import { carrierState } from './support/carrier-state.ts'
import { EnrolledAgent } from './support/enrolled-agent.ts'
import { MARK } from './support/fixture.ts'
import { openVolume, SETUP_MS, type WindowsVolume } from './support/windows.ts'

let volume: WindowsVolume
let agent: EnrolledAgent
let marked: string

beforeAll(async () => {
  volume = openVolume(16)
  marked = join(volume.folder, 'setup.exe')
  writeFileSync(marked, 'MZ')
  writeFileSync(`${marked}:Zone.Identifier`, MARK)
  agent = await EnrolledAgent.on(volume)
}, SETUP_MS)

afterAll(async () => {
  await agent?.remove()
  volume?.remove()
})

const finished = (order: Order) =>
  waitFor('the order to finish', async () => {
    const now = await agent.client.order(order.orderId)
    return now.state === 'finished' ? now.counts : undefined
  })

describe('an agent on Windows', () => {
  it(
    'reports a volume’s streams to central',
    async () => {
      await agent.reports('setup.exe')
      const { streams } = await agent.client.search('machine:WINDOWS-PC')
      expect(streams.map(({ path, stream, origin }) => [path, stream, origin?.id])).toEqual([
        ['setup.exe', 'Zone.Identifier', 3],
      ])
    },
    SETUP_MS,
  )

  it('answers the command line over its named pipe', () => {
    expect(agent.status().volumes).toMatchObject([
      { root: volume.drive, provider: 'mft', isWritable: true },
    ])
  })

  it('says that a volume without a change journal is seen by scans only', () => {
    expect(agent.status().watches).toMatchObject([
      { how: 'scans', isInStep: false, message: 'its file system has no change journal' },
    ])
  })

  it('strips and restores by order from central, and the file stays as it was', async () => {
    const before = carrierState(marked)
    const { streams } = await agent.client.search('machine:WINDOWS-PC stream:Zone.Identifier')
    const ids = streams.map(({ streamId }) => streamId)
    const order = await agent.client.strip(ids, ids.length, 'our own installer')
    expect(await finished(order)).toEqual({ done: 1 })
    expect(() => readFileSync(`${marked}:Zone.Identifier`)).toThrow('ENOENT')
    expect(carrierState(marked)).toEqual(before)

    expect(await finished(await agent.client.undo(order.orderId, 1, 'wanted after all'))).toEqual({
      done: 1,
    })
    volume.unmount()
    volume.remount()
    expect(readFileSync(`${marked}:Zone.Identifier`, 'utf8')).toBe(MARK)
    expect(carrierState(marked)).toEqual(before)
  })
})
