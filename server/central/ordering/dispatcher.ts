/**
 * Brings each machine's open targets to its agent, one request at a time for each machine.
 *
 * The queue is the store. A round goes once through what is open; what got no receipt (a lost answer, a
 * restart of either side) stays `sent` and goes out again in a later round under the same target ids, which
 * the agent answers from its journal. So nothing here needs to survive a crash.
 */
import type { MachineId, OrderId } from '../../protocol/ids.ts'
import { MAX_TARGETS_PER_REQUEST } from '../../protocol/limits.ts'
import { type Receipt, ReceiptsReply } from '../../protocol/order.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import { type AgentLink, agentRoute } from '../machines/agent-link.ts'
import type { StoredTarget, TargetBatch } from '../store/order-store.ts'
import type { Stores } from '../store/stores.ts'

export interface Dispatcher {
  /** Called when a machine has connected. */
  dispatchMachine(machineId: MachineId): void
  /** Called when an order was created. */
  dispatchOrder(orderId: OrderId): void
  /** No further rounds; resolves when the running ones are over. */
  stop(): Promise<void>
}

export interface DispatcherParts {
  stores: Pick<Stores, 'orders' | 'write'>
  link: AgentLink
  audit: AuditLog
  events: EventHub
  clock: Clock
  logger: Logger
  /** How long an agent may take for one request of MAX_TARGETS_PER_REQUEST targets. */
  timeoutMs: number
  /** Pause before targets without a receipt go to a connected machine again. */
  retryMs: number
}

const askStrip = agentRoute('POST', '/v1/strip', ReceiptsReply)
const askRestore = agentRoute('POST', '/v1/restore', ReceiptsReply)

export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { stores, link, logger, retryMs } = parts
  const running = new Map<MachineId, Promise<void>>()
  /** Asked for while a round was running: that round may have gone past what is new. */
  const again = new Set<MachineId>()
  const timers = new Map<MachineId, NodeJS.Timeout>()
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

  return {
    dispatchMachine,
    dispatchOrder: (orderId) => stores.orders.listMachines(orderId).forEach(dispatchMachine),
    stop: async () => {
      isStopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.allSettled(running.values())
    },
  }
}

/** Once through the machine's open targets, oldest order first. */
async function runRound(
  parts: DispatcherParts,
  machineId: MachineId,
  isStopped: () => boolean,
): Promise<'answered' | 'unanswered'> {
  let outcome: 'answered' | 'unanswered' = 'answered'
  let afterTargetNo = 0
  let timeouts = 0
  // One batch may hang for what is in it. At the second in a row it is the agent: what was not sent yet stays
  // queued, where it can still be cancelled.
  while (!isStopped() && parts.link.isOnline(machineId) && timeouts < 2) {
    const batch = parts.stores.orders.takeBatch(machineId, afterTargetNo, MAX_TARGETS_PER_REQUEST)
    if (batch === undefined) break
    afterTargetNo = batch.lastTargetNo
    parts.events.publish({ type: 'order.changed', orderId: batch.orderId })
    try {
      const receipts = await ask(parts, machineId, batch)
      const stored = storeReceipts(parts, machineId, batch, receipts)
      if (stored < batch.targets.length) outcome = 'unanswered'
      timeouts = 0
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { code, message } = error
      parts.logger.warn({ machineId, orderId: batch.orderId, code }, `no receipts: ${message}`)
      outcome = 'unanswered'
      timeouts = code === 'AGENT_TIMEOUT' ? timeouts + 1 : 0
    }
  }
  return outcome
}

async function ask(
  { link, timeoutMs }: DispatcherParts,
  machineId: MachineId,
  { orderId, action, createdBy, reason, targets }: TargetBatch,
): Promise<Receipt[]> {
  const head = { orderId, orderedBy: createdBy, reason }
  const reply =
    action === 'strip'
      ? await askStrip(link, machineId, { ...head, targets: targets.map(toWire) }, timeoutMs)
      : await askRestore(link, machineId, { ...head, targets: targets.map(toRestore) }, timeoutMs)
  return reply.receipts
}

function toWire({ targetId, volumeId, identity, path, stream, sizeBytes, sha256 }: StoredTarget) {
  return { targetId, volumeId, identity, path, stream, sizeBytes, sha256 }
}

function toRestore(target: StoredTarget) {
  return { ...toWire(target), strippedTargetId: target.strippedTargetId }
}

function storeReceipts(
  { stores, audit, events, clock }: DispatcherParts,
  machineId: MachineId,
  { orderId }: TargetBatch,
  receipts: readonly Receipt[],
): number {
  const { stored } = stores.write(() => {
    const result = stores.orders.addReceipts(machineId, orderId, receipts, clock.now())
    if (result.isFinished) audit.record(CENTRAL_ACTOR, 'order.finished', orderId)
    return result
  })
  if (stored > 0) events.publish({ type: 'order.changed', orderId })
  return stored
}
