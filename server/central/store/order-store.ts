/**
 * Orders, their targets, and the queue of every machine, kept on disk in orders.sqlite by a thread of its own. No call
 * blocks the event loop.
 *
 * A target goes `queued` → `sent` → one of the receipt outcomes, or `queued` → `cancelled` or `expired`; never back.
 * What callers may rely on:
 *
 * - What a list names is copied when it is frozen and never changes; its digest is told to the audit log.
 * - `sent` is committed before {@link OrderStore.takeBatch} resolves, so a target that any agent may have seen
 *   is never `queued`, `cancelled` or `expired`, whatever crashes afterwards.
 * - `sent` targets without a receipt are handed out again under the same target id, for as long as it takes; but
 *   nothing of an order that is paused or waits for its approval is handed out.
 * - A receipt is stored once: the first one, and only from the machine that the target names.
 * - `finishedAt` is set in the transaction that stores the last receipt or takes back the last target.
 * - Each change leaves an audit event in the same transaction; {@link OrderStoreOptions.onNotice} gets it before the call
 *   resolves, and again after a restart until it is acknowledged.
 */
import { Worker } from 'node:worker_threads'
import { AppError } from '../../shared/app-error.ts'
import { describeState, type EngineState } from './inventory/inventory-engine.ts'
import type { OrderMethods } from './orders/methods.ts'
import type { FreezeSource, NewPreview, OrdersNotice } from './orders/order-types.ts'
import type { OrdersJob } from './orders/orders-worker.ts'
import { startWorkerClient } from './worker-client.ts'

export type {
  FreezeSource,
  NewOrder,
  NewPreview,
  OrdersNotice,
  Page,
  PendingAudit,
  Place,
  PreviewSummary,
  StoredCopy,
  StoredOrder,
  StoredOrderMachine,
  StoredPreview,
  StoredTarget,
  TargetBatch,
  TargetOutcome,
} from './orders/order-types.ts'

type Calls = {
  [Name in keyof OrderMethods]: (
    ...args: Parameters<OrderMethods[Name]>
  ) => Promise<ReturnType<OrderMethods[Name]>>
}

export interface OrderStore extends Calls {
  /** Resolves when the list is ready; rejects with why it is not. */
  freeze(preview: NewPreview, source: FreezeSource, now: number): Promise<void>
  /** Orders that wait for receipts or people, as of the latest change. Synchronous. */
  openOrders(): number
  /** Told of every change from now on, and at once of what was not acknowledged. */
  listen(listener: (notice: OrdersNotice) => void): void
  state(): EngineState
  close(): Promise<void>
}

export interface OrderStoreOptions {
  file: string
  retryMs?: number | undefined
  /** For tests that take the worker away. */
  onWorker?: ((worker: Worker) => void) | undefined
}

const METHODS = {
  orderPage: 0,
  isOrderWithin: 0,
  previewTargets: 0,
  targetPage: 0,
  machinePage: 0,
  openMachines: 0,
  previewMachines: 0,
  wasStripped: 0,
  findPreview: 0,
  dropPreview: 0,
  find: 0,
  approvalBasis: 0,
  create: 0,
  approve: 0,
  reject: 0,
  pause: 0,
  resume: 0,
  cancel: 0,
  takeBatch: 0,
  addReceipts: 0,
  offered: 0,
  copiesFor: 0,
  targetContent: 0,
  keptContent: 0,
  setKeptContentPolicy: 0,
  tick: 0,
  acknowledge: 0,
  probe: 0,
} satisfies Record<keyof OrderMethods, 0>

export async function openOrderStore(options: OrderStoreOptions): Promise<OrderStore> {
  /** Until somebody listens. */
  let kept: OrdersNotice[] = []
  let listener = (notice: OrdersNotice): void => void kept.push(notice)
  let openOrders = 0
  const client = await startWorkerClient<OrdersJob, unknown, OrdersNotice>({
    startWorker: (take) => {
      const script = new URL('./orders/orders-worker.ts', import.meta.url)
      return new Worker(script, { workerData: { file: options.file } }).on('message', take)
    },
    probe: { kind: 'call', method: 'probe', args: [] },
    onNotice: (notice) => {
      openOrders = notice.openOrders
      listener(notice)
    },
    refusal: ({ name, message, code, statusCode, details }) =>
      name === 'AppError'
        ? new AppError(code!, statusCode!, message, details === undefined ? {} : { details })
        : undefined,
    unavailable: (state, { cause } = { cause: undefined }) =>
      new AppError('ORDERS_UNAVAILABLE', 503, `orders cannot be kept: ${why(state, cause)}`, {
        cause,
      }),
    retryMs: options.retryMs,
    onWorker: options.onWorker,
  })
  const calls = Object.fromEntries(
    Object.keys(METHODS).map((method) => [
      method,
      (...args: unknown[]) =>
        client.run({ kind: 'call', method: method as keyof OrderMethods, args }),
    ]),
  ) as unknown as Calls
  return {
    ...calls,
    freeze: async (preview, source, now) =>
      void (await client.run({ kind: 'freeze', preview, source, now })),
    openOrders: () => openOrders,
    listen: (next) => {
      listener = next
      for (const notice of kept) next(notice)
      kept = []
    },
    state: client.state,
    close: client.close,
  }
}

function why(state: EngineState, cause: unknown): string {
  return state.kind === 'ready'
    ? String((cause as Error | undefined)?.message)
    : describeState(state)
}
