/** What a preview says of files that are to get a mark. */
import { expect, it } from 'vitest'
import { type Fleet, openFleet, until } from './fleet.ts'
import { receiptsFor } from './order-making.ts'
import { keyOf, stream, type TestAgent } from './test-agent.ts'

const origin = { zoneId: 3 }
const PATHS = ['C:\\a\\setup.EXE', 'C:\\a\\other.exe', 'C:\\a.d\\readme']

async function aMachine(fleet: Fleet) {
  const agent: TestAgent = await fleet.agent()
  const all = PATHS.map((path, n) =>
    stream({
      path,
      identity: `ntfs:${n + 1}` as never,
      origin: { ...stream().origin!, hostUrl: `https://${n === 0 ? 'one' : 'two'}.example/x` },
    }),
  )
  await agent.report(all)
  agent.finishScan()
  const rows = await until(async () => {
    const { streams } = await fleet.search('')
    return streams.length === 3 && streams[0]!.isStrippable ? streams : undefined
  })
  return { agent, all, rows }
}

it('a preview of files by name counts their extensions', async () => {
  const fleet = await openFleet()
  const { rows } = await aMachine(fleet)
  const files = rows.map(({ machineId, volumeId, identity, path }) => ({
    ...{ machineId, volumeId, identity, path },
  }))
  const preview = await fleet.preview({ action: 'mark', selection: { files }, origin })
  expect(preview).toMatchObject({
    targetCount: 3,
    byExtension: [
      { value: 'exe', count: 2 },
      { value: '', count: 1 },
    ],
    byOrigin: [],
    byVerdict: [],
  })
})

it('a preview of what a strip took marks off counts their extensions, and where the marks said they came from', async () => {
  const fleet = await openFleet()
  const { agent, all, rows } = await aMachine(fleet)
  agent.answer = receiptsFor
  const { body: order } = await fleet.order(rows.map(({ streamId }) => streamId))
  await fleet.finished(order.orderId)
  await agent.report([], { gone: all.map(keyOf) })
  await until(async () => (await fleet.search('')).total === 0)
  const selection = { doneOf: order.orderId }
  const preview = await fleet.preview({ action: 'mark', selection, origin })
  expect(preview).toMatchObject({
    targetCount: 3,
    byExtension: [
      { value: 'exe', count: 2 },
      { value: '', count: 1 },
    ],
    byOrigin: [
      { value: 'two.example', count: 2 },
      { value: 'one.example', count: 1 },
    ],
    byVerdict: [],
    warnings: [{ code: 'POLICY_REFUSES', count: 3 }],
  })
})
