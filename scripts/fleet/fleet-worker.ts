/**
 * One process with a part of a simulated fleet. Told what to do by its parent, and tells it twice a second how
 * things stand.
 */
import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import { pino } from 'pino'
import type { Identity } from '../../server/agent/config.ts'
import type { LinkTimings } from '../../server/agent/link/reconnect-policy.ts'
import { askToEnrol } from '../../server/agent/trust/ask-to-enrol.ts'
import type { ReportedStream } from '../../server/protocol/stream.ts'
import type { AppError } from '../../server/shared/app-error.ts'
import { syntheticFleet } from '../lib/synthetic-fleet.ts'
import { SimulatedAgent, withSpare } from './simulated-agent.ts'

export interface FleetPart {
  readonly centralUrl: string
  readonly token: string
  readonly from: number
  readonly to: number
  readonly streams: number
  readonly seed: number
  /** Of a machine's streams, how much changes in one round; 0: nothing. */
  readonly churn: number
  readonly churnEverySeconds: number
  readonly ignoresTurns: boolean
  /** Known from an earlier run, by index from `from`. */
  readonly identities: readonly Identity[]
  readonly timings?: Partial<LinkTimings>
}

export type ToWorker =
  | { type: 'begin'; part: FleetPart }
  | { type: 'churn'; share: number }
  | { type: 'end' }

export interface PartState {
  readonly enrolled: number
  readonly connected: number
  readonly scanned: number
  /** Machines with nothing that central has not acknowledged. */
  readonly inStep: number
  readonly acknowledged: number
  readonly pending: number
  readonly deltas: number
}

export type FromWorker =
  | { type: 'state'; state: PartState }
  | { type: 'identities'; from: number; identities: Identity[] }
  | { type: 'failed'; message: string }

const TELL_MS = 500
const ENROLMENTS_AT_ONCE = 8
/** Machines whose made-up streams are kept for a while: a delta asks for them a thousand times. */
const RECENT_MACHINES = 200

const agents: SimulatedAgent[] = []
const timers: NodeJS.Timeout[] = []

process.on('message', (message: ToWorker) => {
  if (message.type === 'begin') begin(message.part).catch(fail)
  else if (message.type === 'churn')
    for (const agent of agents) agent.churn(message.share, Math.random)
  else void end()
})
process.on('disconnect', () => void end())

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message)
}

function fail(error: Error): void {
  tell({ type: 'failed', message: error.message })
}

async function begin(part: FleetPart): Promise<void> {
  const made = withSpare(part.streams)
  const fleet = syntheticFleet({ seed: part.seed, streamsPerMachine: made })
  const recent = new LRUCache<number, readonly ReportedStream[]>({ max: RECENT_MACHINES })
  const streamsOf = (index: number): readonly ReportedStream[] => {
    const streams = recent.get(index) ?? fleet.streams(index)
    recent.set(index, streams)
    return streams
  }
  timers.push(setInterval(() => tell({ type: 'state', state: stateOf() }), TELL_MS))
  const limit = pLimit(ENROLMENTS_AT_ONCE)
  const indexes = Array.from({ length: part.to - part.from }, (_, n) => part.from + n)
  const identities = await Promise.all(
    indexes.map((index) =>
      limit(async () => {
        const facts = fleet.facts(index)
        const identity = part.identities[index - part.from] ?? (await enrol(part, facts))
        const agent = new SimulatedAgent({
          identity,
          facts,
          source: () => streamsOf(index),
          streams: made,
          ignoresTurns: part.ignoresTurns,
          ...(part.timings ? { timings: part.timings } : {}),
          logger,
        })
        agents.push(agent)
        agent.start()
        return identity
      }),
    ),
  )
  tell({ type: 'identities', from: part.from, identities })
  if (part.churn > 0) churnForEver(part)
}

const logger = pino({ level: 'silent' })

async function enrol(
  part: FleetPart,
  facts: Parameters<typeof askToEnrol>[1]['facts'],
): Promise<Identity> {
  const { centralUrl, token } = part
  const keys = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const publicKey = keys.publicKey.toString('base64')
  for (let attempt = 1; ; attempt++) {
    try {
      const { machineId } = await askToEnrol({ centralUrl, pins: [] }, { token, publicKey, facts })
      return { machineId, centralUrl, privateKey: keys.privateKey }
    } catch (error) {
      // Central takes so many a minute; a refused token will not get better.
      const isBusy = /rate limit|does not answer/i.test((error as AppError).message)
      if (attempt === 100 || !isBusy) throw error
      await sleep(5_000 * (0.5 + Math.random()))
    }
  }
}

/** One machine after the other, so that all had their turn in a round. */
function churnForEver({ churn, churnEverySeconds }: FleetPart): void {
  let next = 0
  const perTick = agents.length / (churnEverySeconds * 10)
  let due = 0
  timers.push(
    setInterval(() => {
      for (due += perTick; due >= 1; due--) {
        const agent = agents[next++ % agents.length]!
        if (agent.hasScanned) agent.churn(churn, Math.random)
      }
    }, 100),
  )
}

function stateOf(): PartState {
  const count = (is: (agent: SimulatedAgent) => boolean) => agents.filter(is).length
  const sum = (of: (agent: SimulatedAgent) => number) =>
    agents.reduce((all, agent) => all + of(agent), 0)
  return {
    enrolled: agents.length,
    connected: count((agent) => agent.isConnected),
    scanned: count((agent) => agent.hasScanned),
    inStep: count((agent) => agent.isConnected && agent.hasScanned && agent.pending === 0),
    acknowledged: sum((agent) => agent.acknowledged),
    pending: sum((agent) => agent.pending),
    deltas: sum((agent) => agent.sequence),
  }
}

async function end(): Promise<void> {
  for (const timer of timers) clearInterval(timer)
  await Promise.all(agents.map((agent) => agent.close()))
  process.exit(0)
}
