/**
 * Brings each machine's open targets to its agent, one request at a time for each machine.
 *
 * The queue is the store. A round goes once through what is open; what got no receipt (a lost answer, a
 * restart of either side) stays `sent` and goes out again in a later round under the same target ids, which
 * the agent answers from its journal. So nothing here needs to survive a crash.
 */
import pLimit, { type LimitFunction } from 'p-limit'
import type { MachineId, OrderId, TargetId } from '../../protocol/ids.ts'
import { MAX_TARGETS_PER_REQUEST } from '../../protocol/limits.ts'
import {
  type CentralCopy,
  type OrderAction,
  type Receipt,
  ReceiptsReply,
} from '../../protocol/order.ts'
import { MissingReply } from '../../protocol/quarantine.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { type AgentLink, agentRoute } from '../machines/agent-link.ts'
import type { Place, StoredTarget, TargetBatch } from '../store/order-store.ts'
import type { Stores } from '../store/stores.ts'

export interface Dispatcher {
  /** Called when a machine has connected. */
  dispatchMachine(machineId: MachineId): void
  /** Called when more of an order may go out. */
  dispatchOrder(orderId: OrderId): void
  /** No further rounds; resolves when the running ones are over. */
  stop(): Promise<void>
}

export interface DispatcherParts {
  stores: Pick<Stores, 'orders'>
  link: AgentLink
  clock: Clock
  logger: Logger
  /** How long an agent may take for one request of MAX_TARGETS_PER_REQUEST targets. */
  timeoutMs: number
  /** Pause before targets without a receipt go to a connected machine again. */
  retryMs: number
}

const ASK: Record<OrderAction, ReturnType<typeof agentRoute<typeof ReceiptsReply>>> = {
  strip: agentRoute('POST', '/v1/strip', ReceiptsReply),
  reduce: agentRoute('POST', '/v1/reduce', ReceiptsReply),
  mark: agentRoute('POST', '/v1/mark', ReceiptsReply),
  restore: agentRoute('POST', '/v1/restore', ReceiptsReply),
}

const askMissing = agentRoute('POST', '/v1/quarantine/missing', MissingReply)
/** From this protocol on, bytes of small streams come with receipts, and go back with an undo. */
const BYTES_SINCE = 4
/** From this protocol on, an agent can be asked what it did without being told to do it. */
const ONLY_IF_BEGUN_SINCE = 5

/** Batches that are taken at a time: their answers come together, and each is some work. */
const BATCHES_AT_ONCE = 16

/** What agents have said does not wait behind what is still to be sent: progress would be shown late. */
const RECEIPTS_AT_ONCE = 32

type Parts = DispatcherParts & { limit: LimitFunction; receiptLimit: LimitFunction }

export function createDispatcher(options: DispatcherParts): Dispatcher {
  const parts = {
    ...options,
    limit: pLimit(BATCHES_AT_ONCE),
    receiptLimit: pLimit(RECEIPTS_AT_ONCE),
  }
  const { stores, link, logger, retryMs, limit, clock } = parts
  const running = new Map<MachineId, Promise<void>>()
  /** Asked for while a round was running: that round may have gone past what is new. */
  const again = new Set<MachineId>()
  const timers = new Map<MachineId, NodeJS.Timeout>()
  const offers = new Set<Promise<void>>()
  let isStopped = false

  const dispatchMachine = (machineId: MachineId): void => {
    if (isStopped || !link.isOnline(machineId)) return
    if (running.has(machineId)) {
      again.add(machineId)
      return
    }
    clearTimeout(timers.get(machineId))
    timers.delete(machineId)
    const round = runRound(parts, machineId, () => isStopped)
      .catch((error: unknown) => {
        logger.error({ err: error, machineId }, 'a round of orders failed')
        return 'unanswered' as const
      })
      .then((outcome) => {
        running.delete(machineId)
        if (again.delete(machineId)) dispatchMachine(machineId)
        else if (outcome === 'unanswered') retryLater(machineId)
      })
    running.set(machineId, round)
  }

  const retryLater = (machineId: MachineId): void => {
    if (isStopped) return
    const timer = setTimeout(() => dispatchMachine(machineId), retryMs)
    timer.unref()
    timers.set(machineId, timer)
  }

  const offer = async (orderId: OrderId): Promise<void> => {
    const order = await stores.orders.find(orderId)
    if (order === undefined) return
    for (const machineId of await stores.orders.openMachines(orderId)) dispatchMachine(machineId)
    // Behind all of them in the same line.
    await limit(() => stores.orders.offered(orderId, order.step, clock.now()))
  }

  return {
    dispatchMachine,
    dispatchOrder: (orderId) => {
      const offering = offer(orderId)
        .catch((error: unknown) => logger.error({ err: error, orderId }, 'an order was not sent'))
        .finally(() => offers.delete(offering))
      offers.add(offering)
    },
    stop: async () => {
      isStopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.allSettled([...offers, ...running.values()])
    },
  }
}

/** Once through the machine's open targets, oldest order first. */
async function runRound(
  parts: Parts,
  machineId: MachineId,
  isStopped: () => boolean,
): Promise<'answered' | 'unanswered'> {
  const { stores, link, logger, limit, receiptLimit } = parts
  let outcome: 'answered' | 'unanswered' = 'answered'
  let after: Place = { orderNo: 0, targetNo: 0 }
  let timeouts = 0
  // One batch may hang for what is in it. At the second in a row it is the agent: what was not sent yet stays
  // queued, where it can still be cancelled.
  while (!isStopped() && link.isOnline(machineId) && timeouts < 2) {
    const batch = await limit(() =>
      stores.orders.takeBatch(machineId, after, MAX_TARGETS_PER_REQUEST),
    )
    if (batch === undefined) break
    after = batch.last
    // An older agent would begin them. Its receipts are there when it is a newer one.
    if (batch.isOver && (link.protocolOf(machineId) ?? 0) < ONLY_IF_BEGUN_SINCE) continue
    try {
      const receipts = await ask(parts, machineId, batch)
      const stored = await receiptLimit(() =>
        stores.orders.addReceipts(machineId, batch.orderId, receipts, parts.clock.now()),
      )
      if (stored < batch.targets.length) outcome = 'unanswered'
      timeouts = 0
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { code, message } = error
      logger.warn({ machineId, orderId: batch.orderId, code }, `no receipts: ${message}`)
      outcome = 'unanswered'
      timeouts = code === 'AGENT_TIMEOUT' ? timeouts + 1 : 0
    }
  }
  return outcome
}

async function ask(parts: Parts, machineId: MachineId, batch: TargetBatch): Promise<Receipt[]> {
  const { link, timeoutMs } = parts
  const { orderId, action, createdBy, reason, targets, isOver, returnUpToBytes } = batch
  const takesBytes = (link.protocolOf(machineId) ?? 0) >= BYTES_SINCE
  const copies =
    takesBytes && action === 'restore' ? await copiesFor(parts, machineId, batch) : new Map()
  const returned =
    takesBytes && (action === 'strip' || action === 'reduce') ? { returnUpToBytes } : {}
  const ended = isOver ? { onlyIfBegun: true } : {}
  const head = { orderId, orderedBy: createdBy, reason, ...ended, ...returned }
  const body = { ...head, targets: targets.map((target) => toWire(target, batch, copies)) }
  return (await ASK[action](link, machineId, body, timeoutMs)).receipts
}

/** By the target that is undone: what central kept of those that the agent says it has not. */
async function copiesFor(
  { stores, link, timeoutMs }: Parts,
  machineId: MachineId,
  { orderId, targets }: TargetBatch,
): Promise<Map<TargetId, CentralCopy>> {
  const kept = await stores.orders.copiesFor(orderId, targets)
  if (kept.length === 0) return new Map()
  const targetIds = kept.map(({ targetId }) => targetId)
  const { missing } = await askMissing(link, machineId, { targetIds }, timeoutMs)
  const isMissing = new Set(missing)
  return new Map(
    kept
      .filter(({ targetId }) => isMissing.has(targetId))
      .map(({ targetId, takenBy, contentBase64 }) => [targetId, { takenBy, contentBase64 }]),
  )
}

/** As server/protocol/order.ts has it for each action. */
function toWire(
  target: StoredTarget,
  { action, origin }: TargetBatch,
  copies: ReadonlyMap<TargetId | null, CentralCopy>,
) {
  const { targetId, volumeId, identity, path, stream, sizeBytes, sha256, strippedTargetId } = target
  const file = { targetId, volumeId, identity, path, stream }
  if (action === 'mark') return { ...file, expected: 'absent', origin }
  const named = { ...file, sizeBytes, sha256 }
  if (action !== 'restore') return named
  const copy = copies.get(strippedTargetId)
  return { ...named, strippedTargetId, ...(copy === undefined ? {} : { copy }) }
}
