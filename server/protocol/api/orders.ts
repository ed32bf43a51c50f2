/**
 * `/api/v1/orders`
 *
 *   POST /orders/preview            OrderPreviewRequest → OrderPreview; freezes nothing, changes nothing
 *   POST /orders                    OrderRequest → 201 Order; 409 COUNT_MISMATCH if `confirmCount` is wrong
 *   GET  /orders?cursor=&limit=     OrderPage, newest first
 *   GET  /orders/:orderId           Order
 *   GET  /orders/:orderId/targets?state=&cursor=&limit=   OrderTargetPage
 *   POST /orders/:orderId/cancel    {} → Order; targets not yet sent are cancelled
 *   POST /orders/:orderId/undo      UndoRequest → 201 Order (action restore) over its `done` targets
 */
import { type Static, Type } from 'typebox'
import { CarrierPath, MachineId, OrderId, StreamName, TargetId, Timestamp } from '../ids.ts'
import { MAX_ORDER_TARGETS } from '../limits.ts'
import { OrderAction, ReceiptOutcome } from '../order.ts'
import { VerdictName } from '../stream.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })
const Reason = Type.String({
  minLength: 3,
  maxLength: 1_024,
  description: 'Why; kept in the audit log',
})

const StreamIds = Type.Array(Type.Integer({ minimum: 1 }), {
  minItems: 1,
  maxItems: MAX_ORDER_TARGETS,
  uniqueItems: true,
})

export const OrderPreviewRequest = Type.Object({ streamIds: StreamIds }, strict)
export type OrderPreviewRequest = Static<typeof OrderPreviewRequest>

export const OrderPreview = Type.Object(
  {
    targetCount: Type.Integer({ minimum: 0, description: 'Streams that an order would name' }),
    machineCount: Count,
    offlineMachineCount: Count,
    /** Chosen streams that an order would not name, and why. */
    excluded: Type.Array(Type.Object({ reason: Type.String(), count: Count }, strict)),
    byVerdict: Type.Array(Type.Object({ value: VerdictName, count: Count }, strict)),
  },
  strict,
)
export type OrderPreview = Static<typeof OrderPreview>

export const OrderRequest = Type.Object(
  {
    action: Type.Literal('strip'),
    streamIds: StreamIds,
    /** What the person believes will be stripped; must equal the preview's `targetCount`. */
    confirmCount: Type.Integer({ minimum: 1 }),
    reason: Reason,
  },
  strict,
)
export type OrderRequest = Static<typeof OrderRequest>

export const UndoRequest = Type.Object(
  { confirmCount: Type.Integer({ minimum: 1 }), reason: Reason },
  strict,
)
export type UndoRequest = Static<typeof UndoRequest>

/** `queued`: not sent yet (its machine may be offline). `sent`: no receipt yet. Else the receipt. */
export const TargetState = Type.Union([
  Type.Literal('queued'),
  Type.Literal('sent'),
  Type.Literal('cancelled'),
  ReceiptOutcome,
])
export type TargetState = Static<typeof TargetState>

export const Order = Type.Object(
  {
    orderId: OrderId,
    action: OrderAction,
    /** `open` until every target has a receipt or is cancelled. */
    state: Type.Union([Type.Literal('open'), Type.Literal('finished')]),
    createdBy: Type.String(),
    createdAt: Timestamp,
    finishedAt: Type.Union([Timestamp, Type.Null()]),
    reason: Type.String(),
    /** The strip order that this one undoes. */
    undoes: Type.Union([OrderId, Type.Null()]),
    targetCount: Count,
    machineCount: Count,
    /** How many targets are in each state; states with none are absent. */
    counts: Type.Record(Type.String(), Count),
  },
  strict,
)
export type Order = Static<typeof Order>

export const OrderPage = Type.Object(
  { orders: Type.Array(Order), cursor: Type.Union([Type.String(), Type.Null()]) },
  strict,
)
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
    at: Type.Union([Timestamp, Type.Null()]),
  },
  strict,
)
export type OrderTargetRow = Static<typeof OrderTargetRow>

export const OrderTargetPage = Type.Object(
  { targets: Type.Array(OrderTargetRow), cursor: Type.Union([Type.String(), Type.Null()]) },
  strict,
)
export type OrderTargetPage = Static<typeof OrderTargetPage>
