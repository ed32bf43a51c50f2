/**
 * `/api/v1/orders`: the only way to take a stream away, to put it back, or to write one. First a preview freezes
 * exactly what would be named; then an order is made of that preview. Nothing here takes a pattern to a machine.
 *
 *   GET    /orders?cursor=&limit=        OrderPage, newest first
 *   GET    /orders/:orderId              Order
 *
 * Its targets are in order-targets.ts, what may be asked of it in order-requests.ts, its preview in order-previews.ts,
 * and when it needs a second person in order-policy.ts.
 */
import { type Static, Type } from 'typebox'
import { OrderId, Sha256, Timestamp } from '../ids.ts'
import { MarkOrigin, OrderAction } from '../order.ts'
import { Counts } from './order-targets.ts'
import { Cursor, orNull } from './schema-parts.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })

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

export const Order = Type.Object(
  {
    orderId: OrderId,
    action: OrderAction,
    state: OrderState,
    createdBy: Type.String(),
    /** Of a rule's order and its retries: who wrote the rule, and who changed it last. None of them can approve it. */
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
    /** The order of which this one names targets again. */
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
    /**
     * After this, nothing of it is kept by its age, unless an agent's own policy says more; its policy may say less, and full
     * stores forget sooner. null: not undoable, or not over yet.
     */
    undoUntil: orNull(Timestamp),
  },
  strict,
)
export type Order = Static<typeof Order>

export const OrderPage = Type.Object({ orders: Type.Array(Order), cursor: Cursor }, strict)
export type OrderPage = Static<typeof OrderPage>
