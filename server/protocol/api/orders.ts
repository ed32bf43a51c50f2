/**
 * `/api/v1/orders`: the only way to take a stream away, to put it back, or to write one. First a preview freezes
 * exactly what would be named; then an order is made of that preview. Nothing here takes a pattern to a machine.
 *
 *   POST   /orders/previews?waitMs=      PreviewRequest → 202 OrderPreview; with `waitMs` it answers when counting has
 *                                        ended, or after so long
 *   GET    /orders/previews/:previewId?waitMs=            OrderPreview; 404 PREVIEW_NOT_FOUND (also when it expired)
 *   GET    /orders/previews/:previewId/targets?cursor=&limit=   PreviewTargetPage: what exactly is frozen
 *   GET    /orders/previews/:previewId/export?format=     the same as NDJSON or CSV
 *   DELETE /orders/previews/:previewId   204; stops one that still counts, forgets one that is no order yet
 *
 *   POST   /orders                       OrderRequest → 201 Order, `awaiting-approval`, `canary` or `running`;
 *                                        409 COUNT_MISMATCH, PREVIEW_NOT_READY, PREVIEW_USED, PREVIEW_STALE (an order
 *                                        made since then names some of it: preview again)
 *   GET    /orders?cursor=&limit=        OrderPage, newest first
 *   GET    /orders/:orderId              Order
 *   GET    /orders/:orderId/targets?state=&cursor=&limit=   OrderTargetPage
 *   GET    /orders/:orderId/machines?cursor=&limit=         OrderMachinePage: progress machine by machine
 *   GET    /orders/:orderId/export?state=&format=           every target as NDJSON or CSV
 *
 *   POST   /orders/:orderId/approve      ApprovalRequest → Order; needs orders.approve and somebody who did not create it, nor wrote the rule that did;
 *                                        409 OWN_ORDER, COUNT_MISMATCH, ORDER_STATE
 *   POST   /orders/:orderId/reject       ReasonRequest → Order; needs orders.approve; its author may, too
 *   POST   /orders/:orderId/pause        ReasonRequest → Order; nothing more is sent, not even again
 *   POST   /orders/:orderId/resume       ReasonRequest → Order; after a stop by its bound: failures so far are accepted
 *   POST   /orders/:orderId/cancel       {} or ReasonRequest → Order; targets not yet sent become `cancelled`
 *   POST   /orders/:orderId/retry        RetryRequest → 201 Order that names again, under new target ids, what failed
 *   POST   /orders/:orderId/undo         UndoRequest → 201 Order: `restore` for strip and reduce; for mark a `strip` of
 *                                        exactly the bytes that were written
 *
 *   GET    /orders/policy                OrderPolicy
 *   PUT    /orders/policy                OrderPolicy → OrderPolicy; needs settings.manage
 *
 * What an order's state does not allow is 409 ORDER_STATE. Retry and undo never wait for a second person: they name
 * nothing that was not approved before, and an undo only leads back.
 */
import { type Static, Type } from 'typebox'
import {
  CarrierPath,
  FileIdentity,
  MachineId,
  OrderId,
  PreviewId,
  Sha256,
  StreamName,
  TargetId,
  Timestamp,
  VolumeId,
} from '../ids.ts'
import { MAX_CHOSEN_TARGETS, MAX_ORDER_TARGETS } from '../limits.ts'
import { MarkOrigin, OrderAction, ReceiptOutcome } from '../order.ts'
import { VerdictName } from '../stream.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })
const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])
const Reason = Type.String({
  minLength: 3,
  maxLength: 1_024,
  description: 'Why; kept in the audit log',
})
const ConfirmCount = Type.Integer({
  minimum: 1,
  description: 'How many targets the person believes there are; must be exactly so many',
})

/** Streams by number, all that a query finds now, or for `mark`: files. */
const ByStreamIds = Type.Object(
  {
    streamIds: Type.Array(Type.Integer({ minimum: 1 }), {
      minItems: 1,
      maxItems: MAX_CHOSEN_TARGETS,
      uniqueItems: true,
    }),
  },
  strict,
)
const ByQuery = Type.Object(
  { query: Type.String({ maxLength: 4_096, description: 'Empty: every stream there is' }) },
  strict,
)
const ByFiles = Type.Object(
  {
    files: Type.Array(
      Type.Object(
        { machineId: MachineId, volumeId: VolumeId, identity: FileIdentity, path: CarrierPath },
        strict,
      ),
      { minItems: 1, maxItems: MAX_CHOSEN_TARGETS },
    ),
  },
  strict,
)
/** The carriers from which a strip order took a Zone.Identifier (its `done` targets). */
const ByOrder = Type.Object({ doneOf: OrderId }, strict)

export const PreviewRequest = Type.Union([
  Type.Object(
    {
      action: Type.Union([Type.Literal('strip'), Type.Literal('reduce')]),
      selection: Type.Union([ByStreamIds, ByQuery]),
    },
    strict,
  ),
  Type.Object(
    {
      action: Type.Literal('mark'),
      selection: Type.Union([ByFiles, ByOrder]),
      /** What the mark will say. */
      origin: MarkOrigin,
    },
    strict,
  ),
])
export type PreviewRequest = Static<typeof PreviewRequest>

const Bucket = <Schema extends Parameters<typeof Type.Union>[0][number]>(value: Schema) =>
  Type.Array(Type.Object({ value, count: Count }, strict), {
    description: 'The most frequent first, at most 20',
  })

export const PreviewWarning = Type.Object(
  {
    code: Type.Union([
      Type.Literal('SUSPICIOUS_CONTENT'),
      Type.Literal('NETWORK_ZONE'),
      Type.Literal('MARK_COMES_BACK'),
      Type.Literal('UNKNOWN_STREAMS'),
      Type.Literal('OFFLINE_MACHINES'),
      Type.Literal('POLICY_REFUSES'),
    ]),
    /** One sentence for people. Clients may show codes that they do not know by it. */
    text: Type.String(),
    count: Type.Integer({ minimum: 0, description: 'Targets, or machines for OFFLINE_MACHINES' }),
  },
  strict,
)
export type PreviewWarning = Static<typeof PreviewWarning>

export const OrderPreview = Type.Object(
  {
    previewId: PreviewId,
    action: OrderAction,
    /** `ready`: frozen. `used`: an order was made of it. */
    state: Type.Union([
      Type.Literal('counting'),
      Type.Literal('ready'),
      Type.Literal('failed'),
      Type.Literal('used'),
    ]),
    /** Why it failed; empty otherwise. */
    error: Type.String(),
    /** As it was asked for; null where streams or files were named. */
    query: orNull(Type.String()),
    origin: orNull(MarkOrigin),
    counted: Type.Integer({ minimum: 0, description: 'Frozen so far' }),
    /** Final when `ready`, like everything below; 0 or empty while it counts. */
    targetCount: Type.Integer({ minimum: 0, description: 'What an order would name' }),
    machineCount: Count,
    /** As of this answer. */
    offlineMachineCount: Count,
    totalBytes: Count,
    byMachine: Type.Array(
      Type.Object({ machineId: MachineId, hostname: Type.String(), count: Count }, strict),
      { description: 'The most frequent first, at most 20' },
    ),
    byVerdict: Bucket(VerdictName),
    byExtension: Bucket(Type.String({ description: 'Lower case, without dot; empty for none' })),
    byOrigin: Bucket(
      orNull(Type.String({ description: 'Host of the host URL; null where there is none' })),
    ),
    /** What was asked for and would not be named, and why. */
    excluded: Type.Array(Type.Object({ reason: Type.String(), count: Count }, strict)),
    /** What an order over this will not do, or do besides. */
    warnings: Type.Array(PreviewWarning),
    /** Whether a second person would have to approve it, and why; null: not. */
    approvalNeeded: orNull(Type.String()),
    createdBy: Type.String(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    /** SHA-256 over the frozen targets in their order; null while it counts. */
    digest: orNull(Sha256),
  },
  strict,
)
export type OrderPreview = Static<typeof OrderPreview>

export const PreviewTarget = Type.Object(
  {
    targetId: TargetId,
    machineId: MachineId,
    hostname: Type.String(),
    volumeId: VolumeId,
    identity: FileIdentity,
    path: CarrierPath,
    stream: StreamName,
    /** Of a mark: 0 and null, for there is no such stream yet. */
    sizeBytes: Count,
    sha256: orNull(Sha256),
  },
  strict,
)
export type PreviewTarget = Static<typeof PreviewTarget>

const Cursor = orNull(Type.String())

export const PreviewTargetPage = Type.Object(
  { targets: Type.Array(PreviewTarget), cursor: Cursor },
  strict,
)
export type PreviewTargetPage = Static<typeof PreviewTargetPage>

/** How an order goes out. Without one: to every machine at once. */
export const OrderPlan = Type.Object(
  {
    /** So many machines that are online go first; 0: none. */
    canaryMachines: Type.Integer({ minimum: 0, maximum: 10_000, default: 0 }),
    /** Then up to so many percent of its machines, each step when the one before has its receipts. */
    rampPercent: Type.Array(Type.Integer({ minimum: 1, maximum: 100 }), {
      maxItems: 20,
      default: [],
      description: 'Rising; what is left goes out after the last',
    }),
    /** It pauses itself when more than this share of the receipts are failed, denied or refused; null: never. */
    stopAtFailedPercent: Type.Union([Type.Number({ minimum: 0, maximum: 100 }), Type.Null()], {
      default: null,
    }),
    /** What was not sent by then becomes `expired`. Default: in 30 days. */
    expiresAt: Type.Optional(Timestamp),
  },
  strict,
)
export type OrderPlan = Static<typeof OrderPlan>

export const OrderRequest = Type.Object(
  {
    previewId: PreviewId,
    confirmCount: ConfirmCount,
    reason: Reason,
    plan: Type.Optional(OrderPlan),
  },
  strict,
)
export type OrderRequest = Static<typeof OrderRequest>

export const ApprovalRequest = Type.Object({ confirmCount: ConfirmCount, reason: Reason }, strict)
export type ApprovalRequest = Static<typeof ApprovalRequest>

export const ReasonRequest = Type.Object({ reason: Reason }, strict)
export type ReasonRequest = Static<typeof ReasonRequest>

export const CancelRequest = Type.Object({ reason: Type.Optional(Reason) }, strict)
export type CancelRequest = Static<typeof CancelRequest>

export const RetryState = Type.Union([
  Type.Literal('failed'),
  Type.Literal('in-use'),
  Type.Literal('denied'),
  Type.Literal('expired'),
  Type.Literal('cancelled'),
])
export type RetryState = Static<typeof RetryState>

/** Never what is done, gone, changed or refused: asking again would not make it right. */
export const RetryRequest = Type.Object(
  {
    states: Type.Array(RetryState, {
      minItems: 1,
      uniqueItems: true,
      default: ['failed', 'in-use', 'denied'],
    }),
    confirmCount: ConfirmCount,
    reason: Reason,
  },
  strict,
)
export type RetryRequest = Static<typeof RetryRequest>

export const UndoRequest = Type.Object({ confirmCount: ConfirmCount, reason: Reason }, strict)
export type UndoRequest = Static<typeof UndoRequest>

/** `queued`: not sent yet (its machine may be offline). `sent`: no receipt yet. Else the receipt. */
export const TargetState = Type.Union([
  Type.Literal('queued'),
  Type.Literal('sent'),
  Type.Literal('cancelled'),
  Type.Literal('expired'),
  ReceiptOutcome,
])
export type TargetState = Static<typeof TargetState>

/** The last four are final. */
export const OrderState = Type.Union([
  Type.Literal('awaiting-approval'),
  Type.Literal('canary'),
  Type.Literal('running'),
  Type.Literal('paused'),
  Type.Literal('finished'),
  Type.Literal('cancelled'),
  Type.Literal('rejected'),
  Type.Literal('expired'),
])
export type OrderState = Static<typeof OrderState>

const Counts = Type.Record(Type.String(), Count, {
  description: 'How many targets are in each state; states with none are absent',
})

export const Order = Type.Object(
  {
    orderId: OrderId,
    action: OrderAction,
    state: OrderState,
    createdBy: Type.String(),
    /** Of a rule's order: who wrote the rule, and who changed it last. None of them can approve it. */
    writers: Type.Array(Type.String()),
    createdAt: Timestamp,
    /** When no target was left that can still change: with the last receipt, or when the last was taken back. */
    finishedAt: orNull(Timestamp),
    expiresAt: Timestamp,
    reason: Type.String(),
    /** As it was previewed; null where streams or files were named. */
    query: orNull(Type.String()),
    /** Of a mark. */
    origin: orNull(MarkOrigin),
    digest: Sha256,
    /** The order that this one undoes. */
    undoes: orNull(OrderId),
    /** The order whose failed targets this one names again. */
    retries: orNull(OrderId),
    targetCount: Count,
    machineCount: Count,
    counts: Counts,
    approval: Type.Object(
      {
        /** Why a second person is needed; null: none is. */
        neededBecause: orNull(Type.String()),
        /** Who approved or rejected it; null: nobody has. */
        by: orNull(Type.String()),
        at: orNull(Timestamp),
        reason: Type.String(),
      },
      strict,
    ),
    plan: Type.Object(
      {
        canaryMachines: Count,
        rampPercent: Type.Array(Type.Integer()),
        stopAtFailedPercent: orNull(Type.Number()),
      },
      strict,
    ),
    progress: Type.Object(
      {
        /** 1 is the first; the canary is a step. */
        step: Count,
        stepCount: Count,
        /** In words: "canary: 5 machines", "25 % of the machines". */
        stepName: Type.String(),
        /** Machines that may be sent to so far. */
        releasedMachines: Count,
        /** Machines that have all their receipts. */
        finishedMachines: Count,
        /** Of the receipts: failed, denied, refused. */
        failedPercent: Type.Number(),
      },
      strict,
    ),
    /** Who paused it and why; null: it is not paused. `central`: its bound on failures. */
    paused: orNull(
      Type.Object({ by: Type.String(), at: Timestamp, reason: Type.String() }, strict),
    ),
    /** `confirmCount` of an undo, and of a retry of what failed, is in use or was denied. 0: nothing to do. */
    undoableCount: Count,
    retryableCount: Count,
    /** Agents keep what they removed at most so long, if their own policy does not say less; null: not undoable. */
    undoUntil: orNull(Timestamp),
  },
  strict,
)
export type Order = Static<typeof Order>

export const OrderPage = Type.Object({ orders: Type.Array(Order), cursor: Cursor }, strict)
export type OrderPage = Static<typeof OrderPage>

export const OrderTargetRow = Type.Object(
  {
    targetId: TargetId,
    machineId: MachineId,
    hostname: Type.String(),
    path: CarrierPath,
    stream: StreamName,
    sizeBytes: Count,
    state: TargetState,
    reason: Type.String({ description: 'From the receipt; empty before it' }),
    at: orNull(Timestamp),
  },
  strict,
)
export type OrderTargetRow = Static<typeof OrderTargetRow>

export const OrderTargetPage = Type.Object(
  { targets: Type.Array(OrderTargetRow), cursor: Cursor },
  strict,
)
export type OrderTargetPage = Static<typeof OrderTargetPage>

export const OrderMachineRow = Type.Object(
  {
    machineId: MachineId,
    hostname: Type.String(),
    isOnline: Type.Boolean(),
    /** Whether its step has begun; before it, nothing is sent there. */
    isReleased: Type.Boolean(),
    targetCount: Count,
    counts: Counts,
  },
  strict,
)
export type OrderMachineRow = Static<typeof OrderMachineRow>

export const OrderMachinePage = Type.Object(
  { machines: Type.Array(OrderMachineRow), cursor: Cursor },
  strict,
)
export type OrderMachinePage = Static<typeof OrderMachinePage>

/** When a second person must approve. */
export const OrderPolicy = Type.Object(
  {
    /** Orders with more targets than this; null: the number does not matter. Default 1,000. */
    secondPersonAbove: Type.Union([
      Type.Integer({ minimum: 0, maximum: MAX_ORDER_TARGETS }),
      Type.Null(),
    ]),
    /** Always, whatever the number. */
    secondPersonFor: Type.Object(
      {
        actions: Type.Array(OrderAction, { uniqueItems: true }),
        verdicts: Type.Array(VerdictName, {
          uniqueItems: true,
          description: 'Orders that name at least one stream of these',
        }),
      },
      strict,
    ),
  },
  strict,
)
export type OrderPolicy = Static<typeof OrderPolicy>
