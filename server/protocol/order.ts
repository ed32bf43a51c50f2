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
import { MAX_RETURNED_BYTES, MAX_TARGETS_PER_REQUEST } from './limits.ts'

/** `reduce` keeps only the zone of a Zone.Identifier, `mark` writes one where there is none. */
export const OrderAction = Type.Union([
  Type.Literal('strip'),
  Type.Literal('restore'),
  Type.Literal('reduce'),
  Type.Literal('mark'),
])
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

/** Bytes of a small stream. */
const SmallContent = Type.String({
  maxLength: 4 * Math.ceil(MAX_RETURNED_BYTES / 3),
  pattern: '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
})

/**
 * What central kept of a small stream, for an agent whose quarantine has it no more. It is not believed: it must have
 * the size and hash of its target, and be allowed by the machine's policy like any other change. Since protocol 4.
 */
export const CentralCopy = Type.Object(
  {
    takenBy: Type.Union([Type.Literal('strip'), Type.Literal('reduce')]),
    contentBase64: SmallContent,
  },
  { additionalProperties: false },
)
export type CentralCopy = Static<typeof CentralCopy>

/**
 * Puts back what the target `strippedTargetId` of a strip or reduce took away; its bytes are in the agent's
 * quarantine. Over a reduced stream, and nothing else, it writes.
 */
export const RestoreTarget = Type.Object(
  { ...OrderTarget.properties, strippedTargetId: TargetId, copy: Type.Optional(CentralCopy) },
  { additionalProperties: false },
)
export type RestoreTarget = Static<typeof RestoreTarget>

const Url = Type.String({
  maxLength: 2_048,
  pattern: '^(about:internet|https?://[!-~]+)$',
  description: 'ASCII without blanks and line ends: it becomes a line of an INI text',
})

/** What a mark says. */
export const MarkOrigin = Type.Object(
  {
    zoneId: Type.Integer({ minimum: 0, maximum: 4 }),
    referrerUrl: Type.Optional(Url),
    hostUrl: Type.Optional(Url),
  },
  { additionalProperties: false },
)
export type MarkOrigin = Static<typeof MarkOrigin>

/** A file that has no Zone.Identifier, and gets one. Undone by a strip of exactly what was written. */
export const MarkTarget = Type.Object(
  {
    targetId: TargetId,
    volumeId: VolumeId,
    identity: FileIdentity,
    path: CarrierPath,
    stream: Type.Literal('Zone.Identifier'),
    expected: Type.Literal('absent'),
    origin: MarkOrigin,
  },
  { additionalProperties: false },
)
export type MarkTarget = Static<typeof MarkTarget>

export const Receipt = Type.Object(
  {
    targetId: TargetId,
    outcome: ReceiptOutcome,
    reason: Type.String({ maxLength: 1_024, description: 'One sentence for people' }),
    at: Timestamp,
    contentBase64: Type.Optional(
      Type.Unsafe<string>({
        ...SmallContent,
        description: 'What was removed or reduced, if the request asked for so many bytes',
      }),
    ),
  },
  { additionalProperties: false },
)
export type Receipt = Static<typeof Receipt>

/** Of an order that is cancelled or has expired: what came of it is asked, and nothing new is begun. */
const OnlyIfBegun = Type.Optional(
  Type.Boolean({
    description: 'Targets that the agent has not begun are refused. Since protocol 5',
  }),
)

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
    onlyIfBegun: OnlyIfBegun,
    returnUpToBytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_RETURNED_BYTES,
        description:
          'Receipts of what is done bring along the bytes of streams up to this size. Since protocol 4',
      }),
    ),
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
    onlyIfBegun: OnlyIfBegun,
  },
  { additionalProperties: false },
)
export type RestoreRequest = Static<typeof RestoreRequest>

/** Body of the agent's `POST /v1/reduce`. Targets as of a strip: the whole stream as it is before. */
export const ReduceRequest = StripRequest
export type ReduceRequest = StripRequest

/** Body of the agent's `POST /v1/mark`. Repeats as with {@link StripRequest}. */
export const MarkRequest = Type.Object(
  {
    orderId: OrderId,
    orderedBy: Type.String({ maxLength: 256 }),
    reason: Type.String({ maxLength: 1_024 }),
    targets: Type.Array(MarkTarget, { minItems: 1, maxItems: MAX_TARGETS_PER_REQUEST }),
    onlyIfBegun: OnlyIfBegun,
  },
  { additionalProperties: false },
)
export type MarkRequest = Static<typeof MarkRequest>

export const ReceiptsReply = Type.Object(
  { receipts: Type.Array(Receipt, { maxItems: MAX_TARGETS_PER_REQUEST }) },
  { additionalProperties: false },
)
export type ReceiptsReply = Static<typeof ReceiptsReply>
