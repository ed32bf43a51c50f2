import { describe, expect, it } from 'vitest'
import type { AskedQuestion } from '../../../server/central/store/live-store.ts'
import type { QueryReply } from '../../../server/protocol/ask.ts'
import { stream } from '../../integration/central/test-agent.ts'
import { addMachine, openTestStores } from './stored-fleet.ts'

const ID = '22222222-2222-4222-8222-222222222222'
const ASKED: AskedQuestion = {
  query: 'zone:3',
  paths: ['C:\\a\ud800'],
  machines: { isAll: true },
  withHash: false,
  limits: { timeMs: 1_000, rows: 10, bytes: 5_000 },
  maxRows: 100,
  waitForOfflineSeconds: 0,
}
const REPLY: QueryReply = {
  rows: [stream({ path: 'C:\\odd\ud800' })],
  stopped: null,
  places: [],
  carriersSeen: 1,
  streamsSeen: 1,
  unreadableCount: 0,
  unreadable: [],
  tookMs: 1,
}

async function aQuestion() {
  const stores = await openTestStores()
  const machineId = await addMachine(stores, 'PC-1')
  const head = { questionId: ID, createdBy: 'anna', expiresAt: 10 }
  stores.live.add({ ...ASKED, ...head }, [{ machineId, state: 'waiting', reason: '' }], 5)
  return { live: stores.live, machineId }
}

describe('live questions on disk', () => {
  it('give each turn to one asker only, and to the next after a crash', async () => {
    const { live, machineId } = await aQuestion()
    expect(live.take(machineId, 'ask-1')).toMatchObject({ ...ASKED, askedCount: 1 })
    expect(live.take(machineId, 'ask-2')).toBeUndefined()
    live.putAllBack()
    expect(live.take(machineId, 'ask-3')).toMatchObject({ askedCount: 2 })
  })

  it('keep the first answer, exactly, and finish with the last', async () => {
    const { live, machineId } = await aQuestion()
    live.take(machineId, 'ask-1')
    const answered = { state: 'answered', reason: '', reply: REPLY } as const
    expect(live.settle(ID, machineId, answered, 7)).toBe(true)
    expect(live.settle(ID, machineId, { ...answered, state: 'refused' }, 8)).toBe(false)
    expect(live.find(ID)).toMatchObject({ finishedAt: 7, rowCount: 1, counts: { answered: 1 } })
    expect(live.rowsOf(ID, machineId)).toEqual(REPLY.rows)
    live.forgetRows(8)
    expect(live.rowsOf(ID, machineId)).toEqual([])
  })
})
