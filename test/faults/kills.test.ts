/**
 * Power cuts of processes: central and agents are killed again and again at random moments while everything
 * changes. Whatever was acknowledged is there, nothing is there twice, and in the end central holds exactly what
 * the agents' disks say. The seed is printed; SEED=… runs the same moments again, as far as a machine can.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { type Random, randomFrom } from '../../scripts/lib/seeded-random.ts'
import { enroll } from '../../server/agent/enroll.ts'
import { INVENTORY_FILE } from '../../server/central/store/inventory/open-inventory.ts'
import { openStores } from '../../server/central/store/stores.ts'
import type { MachineId } from '../../server/protocol/ids.ts'
import type { ReportedStream } from '../../server/protocol/stream.ts'
import { expectSound } from '../unit/central/sound-inventory.ts'
import { BusyAgentProcess } from './support/busy-agent-process.ts'
import { ChildCentral } from './support/child-central.ts'

const KILLS = 200
const AGENTS = 3
const KEYS = 1_500
/** Central is killed once for so many kills of agents, or so. */
const MIN_CENTRAL_KILLS = 12

it(`central equals the agents' disks after ${KILLS} kills`, { timeout: 600_000 }, async () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
  console.log(`SEED=${seed}`)
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-kills-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const central = await ChildCentral.start(join(folder, 'central'))
  const client = await central.client()
  const { token } = await client.createEnrolment(AGENTS)
  const agents: BusyAgentProcess[] = []
  for (let n = 0; n < AGENTS; n++) {
    const stateDir = join(folder, `agent-${n}`)
    mkdirSync(stateDir)
    await enroll({ stateDir, serverUrl: central.url, token, scope: [folder], exclude: [] })
    agents.push(new BusyAgentProcess(stateDir, n + 1, KEYS))
  }

  let kills = 0
  let centralKills = 0
  const isOver = (): boolean => kills >= KILLS && centralKills >= MIN_CENTRAL_KILLS
  const killAgents = async (agent: BusyAgentProcess, random: Random): Promise<void> => {
    await agent.start()
    while (!isOver()) {
      await sleep(random.below(300))
      await agent.kill()
      kills += 1
      // Sometimes in the middle of its start.
      const started = agent.start()
      if (random.next() < 0.2) {
        started.catch(() => undefined)
        await sleep(random.below(300))
      } else await started
    }
  }
  const killCentral = async (random: Random): Promise<void> => {
    while (!isOver()) {
      await sleep(300 + random.below(1_500))
      await central.kill()
      kills += 1
      centralKills += 1
      await central.start()
    }
  }
  await Promise.all([
    killCentral(randomFrom(seed, 0)),
    ...agents.map((agent, n) => killAgents(agent, randomFrom(seed, n + 1))),
  ])
  console.log(`${kills} kills, ${centralKills} of them of central`)

  for (const agent of agents) await agent.kill()
  for (const agent of agents) await agent.start()
  for (const agent of agents) await agent.settle()
  for (const agent of agents) await agent.kill()
  await central.kill()

  // Had central lost or doubled anything acknowledged, a comparison would have been asked for.
  expect(agents.map(({ differences }) => differences)).toEqual(agents.map(() => 0))
  const stores = await openStores(central.dataDir)
  try {
    for (const agent of agents) {
      const own = agent.streams()
      expect(own.length).toBeGreaterThan(100)
      expect(await heldBy(stores, agent.machineId)).toEqual(sorted(own))
    }
  } finally {
    await stores.close()
  }
  expectSound(join(central.dataDir, INVENTORY_FILE))
})

/** All live streams of a machine, as reported. */
async function heldBy(
  stores: Awaited<ReturnType<typeof openStores>>,
  machineId: MachineId,
): Promise<ReportedStream[]> {
  const all: ReportedStream[] = []
  let cursor: string | undefined
  do {
    const page = await stores.inventory.machineStreams(machineId, 'live', { cursor, limit: 500 })
    all.push(...page.streams.map(reportOfRow))
    cursor = page.cursor ?? undefined
  } while (cursor !== undefined)
  return sorted(all)
}

function reportOfRow(row: ReportedStream): ReportedStream {
  const { volumeId, identity, stream, path, links, kind, sizeBytes, allocatedBytes } = row
  const { isResident, modifiedAt, sha256, origin, verdict, rule } = row
  return {
    ...{ volumeId, identity, stream, path, links, kind, sizeBytes, allocatedBytes },
    ...{ isResident, modifiedAt, sha256, origin, verdict, rule },
  }
}

function sorted(streams: ReportedStream[]): ReportedStream[] {
  const key = ({ volumeId, identity, stream }: ReportedStream) =>
    `${volumeId} ${identity} ${stream}`
  return streams.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
