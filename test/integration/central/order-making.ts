/** Machines with marks, and agents that answer orders as a test says. */
import type { OrderTargetRow } from '../../../server/protocol/api/order-targets.ts'
import type { RequestFrame } from '../../../server/protocol/link-frames.ts'
import { type Fleet, until } from './fleet.ts'
import { streams, type TestAgent } from './test-agent.ts'

export interface Target {
  targetId: string
  strippedTargetId?: string
}

export const targetsOf = (request: RequestFrame): Target[] =>
  (request.body as { targets: Target[] }).targets

export const receipt = (
  { targetId }: Target,
  outcome = 'done',
  reason = 'removed and verified',
) => ({ targetId, outcome, reason, at: '2026-11-22T12:00:00Z' })

export const receiptsFor = (request: RequestFrame, outcome = 'done') => ({
  status: 200,
  body: { receipts: targetsOf(request).map((target) => receipt(target, outcome)) },
})

/** A machine with this many marks on a volume that may be written. */
export async function machineWithMarks(fleet: Fleet, count: number, hostname = 'PC-1') {
  const agent = await fleet.agent(hostname)
  const all = streams(count)
  await agent.report(all)
  agent.finishScan()
  const found = await until(async () => {
    const page = await fleet.search(`machine:${hostname}`, '&limit=500')
    return page.streams.length === count && page.streams[0]!.isStrippable ? page.streams : undefined
  })
  return { agent, all, ids: found.map((row) => row.streamId) }
}

export async function disconnected(fleet: Fleet, agent: TestAgent): Promise<void> {
  agent.disconnect()
  await until(async () => {
    const { machines } = (await fleet.get('/machines')).body
    const machine = machines.find((row: { machineId: string }) => row.machineId === agent.machineId)
    return machine.isOnline === false
  })
}

export const targetRows = async (fleet: Fleet, orderId: string): Promise<OrderTargetRow[]> =>
  (await fleet.get(`/orders/${orderId}/targets?limit=500`)).body.targets
