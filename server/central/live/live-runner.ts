/**
 * Asks machines what live questions want to know: one question at a time for each machine, and only so many
 * machines at once. What is to be asked is on disk; what a lost connection or a crash interrupts waits again.
 */
import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { CancelReply, QueryReply, type QueryRequest } from '../../protocol/ask.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { type AgentLink, agentRoute } from '../machines/agent-link.ts'
import type { LiveStore, Settlement, TakenAnswer } from '../store/live-store.ts'

/** Answers of a few MiB may all come at once, and each is checked on the event loop. */
const MACHINES_AT_ONCE = 32
const CANCEL_TIMEOUT_MS = 10_000
/** An agent that is busy with other questions is asked again. */
const MAX_BUSY = 5

export interface LiveRunnerParts {
  live: LiveStore
  link: AgentLink
  clock: Clock
  logger: Logger
  labelsOf(machineId: MachineId): readonly string[]
  /** An answer came in, or the question's state changed. */
  changed(questionId: string): void
  busyRetryMs: number
  /** For the way there and back, beyond what the agent may spend. */
  graceMs: number
}

export interface LiveRunner {
  /** Called when a machine has connected. */
  askMachine(machineId: MachineId): void
  /** Called when a question waits for new answers. */
  askFor(questionId: string): void
  /** Tells agents to stop. */
  cancel(running: readonly { machineId: MachineId; askId: string }[]): void
  /** Machines that wait for their turn, and those that work at an answer. */
  load(): { waiting: number; running: number }
  /** Asks nobody any more; resolves when what runs is over or given up. */
  stop(): Promise<void>
}

const askQuery = agentRoute('POST', '/v1/query', QueryReply)
const askCancel = agentRoute('POST', '/v1/query/cancel', CancelReply)

export function createLiveRunner(parts: LiveRunnerParts): LiveRunner {
  const { live, link, logger } = parts
  const limit = pLimit(MACHINES_AT_ONCE)
  const atWork = new Map<MachineId, Promise<void>>()
  const again = new Set<MachineId>()
  const timers = new Set<NodeJS.Timeout>()
  let isStopped = false

  const askMachine = (machineId: MachineId): void => {
    if (isStopped || !link.isOnline(machineId)) return
    if (atWork.has(machineId)) {
      again.add(machineId)
      return
    }
    const work = limit(() => askAll(machineId))
      .catch((error: unknown) => {
        // What it was asked waits or runs still in the store; the next connection or restart takes it up.
        if (!isStopped) logger.error({ err: error, machineId }, 'a live question failed')
      })
      .then(() => {
        atWork.delete(machineId)
        if (again.delete(machineId)) askMachine(machineId)
      })
    atWork.set(machineId, work)
  }

  const askAll = async (machineId: MachineId): Promise<void> => {
    while (!isStopped && link.isOnline(machineId)) {
      const askId = randomUUID()
      const taken = live.take(machineId, askId)
      if (taken === undefined) return
      parts.changed(taken.questionId)
      const how = await ask(taken, askId)
      if (isStopped) return
      if (how === 'put-back') {
        live.putBack(taken.questionId, machineId)
        parts.changed(taken.questionId)
        askLater(machineId)
        return
      }
      live.settle(taken.questionId, machineId, how, parts.clock.now())
      enoughRows(taken)
      parts.changed(taken.questionId)
    }
  }

  const ask = async (taken: TakenAnswer, askId: string): Promise<Settlement | 'put-back'> => {
    const { machineId, limits } = taken
    try {
      const request = toRequest(taken, askId, parts.labelsOf(machineId))
      const reply = await askQuery(link, machineId, request, limits.timeMs + parts.graceMs)
      return checked(taken, reply)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code === 'AGENT_TIMEOUT') cancel([{ machineId, askId }])
      return failed(taken, error, parts.clock.now())
    }
  }

  const askLater = (machineId: MachineId): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      askMachine(machineId)
    }, parts.busyRetryMs)
    timer.unref()
    timers.add(timer)
  }

  /** The answers that are on their way still come; the others are not asked for any more. */
  const enoughRows = ({ questionId }: TakenAnswer): void => {
    const question = live.find(questionId)
    if (question === undefined || question.rowCount < question.maxRows) return
    const reason = `The question has its ${question.maxRows} rows; this machine was not asked.`
    live.cancel(questionId, reason, false, parts.clock.now())
  }

  const cancel: LiveRunner['cancel'] = (running) => {
    for (const { machineId, askId } of running) {
      if (!link.isOnline(machineId)) continue
      askCancel(link, machineId, { askId }, CANCEL_TIMEOUT_MS).catch((error: unknown) =>
        logger.warn({ err: error, machineId }, 'an agent was not told to stop'),
      )
    }
  }

  return {
    askMachine,
    askFor: (questionId) => live.waitingMachines(questionId).forEach(askMachine),
    cancel,
    load: () => ({ waiting: limit.pendingCount, running: limit.activeCount }),
    stop: async () => {
      isStopped = true
      for (const timer of timers) clearTimeout(timer)
      await Promise.allSettled(atWork.values())
    },
  }
}

function toRequest(taken: TakenAnswer, askId: string, labels: readonly string[]): QueryRequest {
  const { query, paths, withHash, limits, machineId, hostname } = taken
  return {
    askId,
    query,
    paths,
    withHash,
    limits,
    machine: { machineId, hostname, labels: [...labels] },
  }
}

/** What an agent may not have spent, it did not spend, or its answer is not one. */
function checked({ limits }: TakenAnswer, reply: QueryReply): Settlement {
  const bytes = reply.rows.reduce((sum, row) => sum + Buffer.byteLength(JSON.stringify(row)) + 1, 0)
  if (reply.rows.length > limits.rows || bytes > limits.bytes) {
    const reason = `The agent sent ${reply.rows.length} rows of ${bytes} bytes, which is over its limits.`
    return { state: 'refused', reason, reply: null }
  }
  if (reply.stopped === 'cancelled') {
    return { state: 'cancelled', reason: 'The agent was told to stop.', reply }
  }
  return { state: 'answered', reason: '', reply }
}

function failed(taken: TakenAnswer, error: AppError, now: number): Settlement | 'put-back' {
  const settled = (state: Settlement['state'], reason: string): Settlement => ({
    state,
    reason: reason.slice(0, 1_024),
    reply: null,
  })
  const agentCode = (error.details as { code?: unknown } | undefined)?.code
  switch (error.code) {
    case 'MACHINE_OFFLINE':
      if (now < taken.expiresAt) return 'put-back'
      return settled('offline', 'The connection ended before the answer.')
    case 'AGENT_TIMEOUT':
      return settled('timed-out', error.message)
    default:
      if (agentCode === 'AGENT_BUSY' && taken.askedCount < MAX_BUSY) return 'put-back'
      if (agentCode === 'ROUTE_NOT_FOUND') {
        return settled('refused', 'This agent cannot be asked: update it.')
      }
      return settled('refused', error.message)
  }
}
