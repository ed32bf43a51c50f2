/**
 * What an agent keeps of streams that it took away, newest first: `GET /v1/quarantine?cursor=&limit=`, and for
 * central, whose requests carry no query string, `POST /v1/quarantine/list` with the same in its body. And which of
 * some targets it could not put back: `POST /v1/quarantine/missing`.
 */
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
import { ReceiptOutcome } from './order.ts'
import { CarrierKind } from './stream.ts'

const strict = { additionalProperties: false } as const
export const MAX_QUARANTINE_ENTRIES = 500

export const QuarantineQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,15}$' })),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: 'At most 500' })),
  },
  strict,
)
export type QuarantineQuery = Static<typeof QuarantineQuery>

export const QuarantinedStream = Type.Object(
  {
    targetId: TargetId,
    action: Type.Union([Type.Literal('strip'), Type.Literal('reduce')]),
    volumeId: VolumeId,
    identity: FileIdentity,
    path: CarrierPath,
    stream: StreamName,
    sizeBytes: Type.Integer({ minimum: 0 }),
    sha256: Sha256,
    kind: CarrierKind,
    modifiedAt: Type.String({ description: 'The carrier’s last write before' }),
    orderId: OrderId,
    orderedBy: Type.String(),
    reason: Type.String(),
    outcome: Type.Union([ReceiptOutcome, Type.Null()], {
      description: 'Null: interrupted, not settled',
    }),
    keptAt: Timestamp,
    restoredAt: Type.Union([Timestamp, Type.Null()]),
    /** The bytes went, by the bounds of the quarantine; the record stays. */
    prunedAt: Type.Union([Timestamp, Type.Null()]),
  },
  strict,
)
export type QuarantinedStream = Static<typeof QuarantinedStream>

export const QuarantinePage = Type.Object(
  {
    entries: Type.Array(QuarantinedStream, { maxItems: MAX_QUARANTINE_ENTRIES }),
    cursor: Type.Union([Type.String(), Type.Null()]),
    /** Of all entries that have their bytes still. */
    keptEntries: Type.Integer({ minimum: 0 }),
    keptBytes: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type QuarantinePage = Static<typeof QuarantinePage>

const Targets = Type.Array(TargetId, { maxItems: MAX_TARGETS_PER_REQUEST })

/** Targets of strips and reduces. Since protocol 4. */
export const MissingQuery = Type.Object({ targetIds: Targets }, strict)
export type MissingQuery = Static<typeof MissingQuery>

/** Of which this agent has no whole copy: it was installed anew, or its quarantine has let go of it. */
export const MissingReply = Type.Object({ missing: Targets }, strict)
export type MissingReply = Static<typeof MissingReply>
