/**
 * What people ask for with an order: that it be made of a preview, approved, stopped, tried again or undone.
 *
 *   POST   /orders                       OrderRequest → 201 Order, `awaiting-approval`, `canary` or `running`;
 *                                        409 COUNT_MISMATCH, PREVIEW_NOT_READY, PREVIEW_USED, PREVIEW_STALE (an order
 *                                        made since then names some of it: preview again)
 *   POST   /orders/:orderId/approve      ApprovalRequest → Order; needs orders.approve and somebody who did not create it, nor wrote the rule that did;
 *                                        409 OWN_ORDER, COUNT_MISMATCH, ORDER_STATE
 *   POST   /orders/:orderId/reject       ReasonRequest → Order; needs orders.approve; its author may, too
 *   POST   /orders/:orderId/pause        ReasonRequest → Order; nothing more is sent, not even again
 *   POST   /orders/:orderId/resume       ReasonRequest → Order; after a stop by its bound: failures so far are accepted
 *   POST   /orders/:orderId/cancel       {} or ReasonRequest → Order; targets not yet sent become `cancelled`
 *   POST   /orders/:orderId/retry        RetryRequest → 201 Order that names again, under new target ids, what failed;
 *                                        it goes out as that one did, and may be `awaiting-approval`
 *   POST   /orders/:orderId/undo         UndoRequest → 201 Order: `restore` for strip and reduce; for mark a `strip` of
 *                                        exactly the bytes that were written
 *
 * What an order's state does not allow is 409 ORDER_STATE. A retry needs a second person as a new order does, unless
 * one approved the order that it tries again, or one before that. An undo never does: it only leads back.
 */
import { type Static, Type } from 'typebox'
import { PreviewId, Timestamp } from '../ids.ts'
import { Reason } from './schema-parts.ts'

const strict = { additionalProperties: false } as const
const ConfirmCount = Type.Integer({
  minimum: 1,
  description: 'How many targets the person believes there are; must be exactly so many',
})

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
  Type.Literal('refused'),
  Type.Literal('expired'),
  Type.Literal('cancelled'),
])
export type RetryState = Static<typeof RetryState>

/**
 * Never what is done, gone or changed: asking again would not make it right. What was `refused` only where it is named: the
 * agent's policy must allow it by then, or its minute be over (`targetsPerMinute`).
 */
export const RetryRequest = Type.Object(
  {
    states: Type.Array(RetryState, {
      minItems: 1,
      uniqueItems: true,
      default: ['failed', 'in-use', 'denied'],
    }),
    confirmCount: ConfirmCount,
    reason: Reason,
    /** Instead of the plan of the order that it tries again. */
    plan: Type.Optional(OrderPlan),
  },
  strict,
)
export type RetryRequest = Static<typeof RetryRequest>

export const UndoRequest = Type.Object({ confirmCount: ConfirmCount, reason: Reason }, strict)
export type UndoRequest = Static<typeof UndoRequest>
