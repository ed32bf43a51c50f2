import { type Static, Type } from 'typebox'
import {
  CarrierPath,
  FileIdentity,
  OrderId,
  Sha256,
  StreamName,
  TargetId,
  Timestamp,
  VolumeId,
} from './ids.ts'
import { MAX_TARGETS_PER_REQUEST } from './limits.ts'

export const OrderAction = Type.Union([Type.Literal('strip'), Type.Literal('restore')])
export type OrderAction = Static<typeof OrderAction>

/** What happened to one target. Every outcome but `done` and `failed` means that nothing was touched. */
export const ReceiptOutcome = Type.Union([
  Type.Literal('done'),
  Type.Literal('gone'),
  Type.Literal('changed'),
  Type.Literal('in-use'),
  Type.Literal('denied'),
  Type.Literal('refused'),
  Type.Literal('failed'),
])
export type ReceiptOutcome = Static<typeof ReceiptOutcome>

/** One named stream, with everything the agent checks again before it acts. Never a pattern. */
export const OrderTarget = Type.Object(
  {
    targetId: TargetId,
    volumeId: VolumeId,
    identity: FileIdentity,
    path: CarrierPath,
    stream: StreamName,
    sizeBytes: Type.Integer({ minimum: 0 }),
    sha256: Sha256,
  },
  { additionalProperties: false },
)
export type OrderTarget = Static<typeof OrderTarget>

/** Puts back what the strip target `strippedTargetId` took away; its bytes are in the agent's quarantine. */
export const RestoreTarget = Type.Object(
  { ...OrderTarget.properties, strippedTargetId: TargetId },
  { additionalProperties: false },
)
export type RestoreTarget = Static<typeof RestoreTarget>

export const Receipt = Type.Object(
  {
    targetId: TargetId,
    outcome: ReceiptOutcome,
    reason: Type.String({ maxLength: 1_024, description: 'One sentence for people' }),
    at: Timestamp,
  },
  { additionalProperties: false },
)
export type Receipt = Static<typeof Receipt>

/**
 * Body of the agent's `POST /v1/strip`. The agent journals each target before it acts; a target that it
 * has a receipt for already is answered with that receipt and not acted on again.
 */
export const StripRequest = Type.Object(
  {
    orderId: OrderId,
    orderedBy: Type.String({ maxLength: 256 }),
    reason: Type.String({ maxLength: 1_024 }),
    targets: Type.Array(OrderTarget, { minItems: 1, maxItems: MAX_TARGETS_PER_REQUEST }),
  },
  { additionalProperties: false },
)
export type StripRequest = Static<typeof StripRequest>

/** Body of the agent's `POST /v1/restore`. Repeats as with {@link StripRequest}. */
export const RestoreRequest = Type.Object(
  {
    orderId: OrderId,
    orderedBy: Type.String({ maxLength: 256 }),
    reason: Type.String({ maxLength: 1_024 }),
    targets: Type.Array(RestoreTarget, { minItems: 1, maxItems: MAX_TARGETS_PER_REQUEST }),
  },
  { additionalProperties: false },
)
export type RestoreRequest = Static<typeof RestoreRequest>

export const ReceiptsReply = Type.Object(
  { receipts: Type.Array(Receipt, { maxItems: MAX_TARGETS_PER_REQUEST }) },
  { additionalProperties: false },
)
export type ReceiptsReply = Static<typeof ReceiptsReply>
