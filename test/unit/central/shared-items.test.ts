/** An item is told to the writer once, however many deltas refer to it: whatever becomes of the one that told it. */
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { closeWriter, openToWrite } from '../../../server/central/store/inventory/open-inventory.ts'
import {
  createWriter,
  type Outcome,
  type WriteJob,
} from '../../../server/central/store/inventory/writer.ts'
import type { MachineId } from '../../../server/protocol/ids.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { inventoryOf, streams } from '../../integration/central/test-agent.ts'
import { expectSound } from './sound-inventory.ts'
import { tempDataDir } from './stored-fleet.ts'

const [FIRST, SECOND] = [
  '01234567-89ab-cdef-0123-000000000001' as MachineId,
  '01234567-89ab-cdef-0123-000000000002' as MachineId,
]
const reported = streams(30)

function openWriter() {
  const file = join(tempDataDir(), 'inventory.sqlite')
  const db = openToWrite(file)
  onTestFinished(() => {
    closeWriter(db)
    expectSound(file)
  })
  const writer = createWriter(db)
  const machines = [FIRST, SECOND].map((machineId, index) => ({
    ...{ machineNo: index + 1, machineId, hostname: `PC-${index}`, labels: [] },
  }))
  writer.run([{ kind: 'putMachines', machines }])
  for (const machineId of [FIRST, SECOND]) {
    writer.run([{ kind: 'beginConnection', machineId, epoch: 'epoch' }])
  }
  return { ...writer, db }
}

function apply(machineId: MachineId, sequence: number, upserts = reported): WriteJob {
  return { kind: 'apply', machineId, delta: { sequence, resync: null, upserts, gone: [] }, now: 1 }
}

/** One that no transaction survives: two streams of the same number. */
function impossible(): WriteJob {
  const [report] = streams(1) as [ReportedStream]
  const stream = { machineId: SECOND, report, firstSeenAt: 1, lastSeenAt: 1, goneAt: null }
  return { kind: 'import', streams: [7, 7].map((streamId) => ({ ...stream, streamId })) }
}

function digestOf(outcome: Outcome | undefined): unknown {
  return (outcome as { answer: { digest: string } }).answer.digest
}

it('a delta that is refused: the next one of another machine is stored', () => {
  const writer = openWriter()
  const [refused, stored] = writer.run([apply(FIRST, 5), apply(SECOND, 1)])
  expect(refused).toMatchObject({ error: { name: 'DeltaRefused' } })
  expect(digestOf(stored)).toBe(inventoryOf(reported).digest)
})

it('a transaction that is rolled back: all but what it failed for is stored', () => {
  const writer = openWriter()
  const outcomes = writer.run([apply(FIRST, 1), impossible(), apply(SECOND, 1)])
  expect(outcomes[1]).toMatchObject({ error: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } })
  expect(digestOf(outcomes[0])).toBe(inventoryOf(reported).digest)
  expect(digestOf(outcomes[2])).toBe(inventoryOf(reported).digest)
})

it('items that were forgotten with the last stream of theirs are made again', () => {
  const writer = openWriter()
  const gone = reported.map(({ volumeId, identity, stream }) => ({ volumeId, identity, stream }))
  const delta = { sequence: 2, resync: null, upserts: [], gone }
  writer.run([apply(FIRST, 1), { kind: 'apply', machineId: FIRST, delta, now: 2 }])
  expect(writer.run([{ kind: 'prune', goneBefore: 3, limit: 100 }])).toEqual([{ answer: 30 }])
  const [stored] = writer.run([apply(SECOND, 1)])
  expect(digestOf(stored)).toBe(inventoryOf(reported).digest)
})

it('classes that differ in the case of letters only share a family and a host, also after a restart', () => {
  const writer = openWriter()
  const ofRule = (rule: string, hostUrl: string, index: number): ReportedStream => {
    const stream = reported[index] as ReportedStream
    return { ...stream, rule, origin: { ...originOf(hostUrl) } }
  }
  const upserts = [ofRule('A-Rule', 'x://HOST/a', 0), ofRule('a-rule', 'x://host/b', 1)]
  const [stored] = writer.run([apply(FIRST, 1, upserts)])
  expect(digestOf(stored)).toBe(inventoryOf(upserts).digest)
  const later = [ofRule('A-RULE', 'x://Host/c', 2)]
  const [storedLater] = createWriter(writer.db).run([apply(SECOND, 1, later)])
  expect(digestOf(storedLater)).toBe(inventoryOf(later).digest)
  const { families, hosts } = writer.db
    .prepare('SELECT count(*) AS families, (SELECT count(*) FROM host) AS hosts FROM family')
    .get() as { families: number; hosts: number }
  expect({ families, hosts }).toEqual({ families: 1, hosts: 2 })
})

it('of hundreds of streams in one delta, some known, some changed, some named twice, the last word counts', () => {
  const writer = openWriter()
  const many = streams(300)
  const grown = (stream: ReportedStream, index: number): ReportedStream =>
    index % 3 === 0 ? { ...stream, sizeBytes: stream.sizeBytes + 1 } : stream
  writer.run([apply(FIRST, 1, many.slice(100, 160))])
  const first = many.map(grown)
  const twice = many.slice(40, 60)
  const [stored] = writer.run([
    apply(FIRST, 2, [...first.slice(0, 55), ...twice, ...first.slice(55)]),
  ])
  const last = first.map((stream, index) => (index >= 40 && index < 55 ? many[index]! : stream))
  expect(digestOf(stored)).toBe(inventoryOf(last).digest)
  const numbers = writer.db.prepare('SELECT count(*) FROM stream').pluck().get()
  expect(numbers).toBe(300)
})

function originOf(hostUrl: string): NonNullable<ReportedStream['origin']> {
  return {
    id: 3,
    hostUrl,
    referrerUrl: null,
    hostIpAddress: null,
    lastWriterPackageFamilyName: null,
    appZoneId: null,
    appDefinedZoneId: null,
  }
}
