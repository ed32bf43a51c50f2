import { type Static, Type } from 'typebox'
import { CarrierPath, FileIdentity, Sha256, StreamName, Timestamp, VolumeId } from './ids.ts'
import { MAX_LINKS } from './limits.ts'

const TextOrNull = (maxLength: number) => Type.Union([Type.String({ maxLength }), Type.Null()])
const IntegerOrNull = Type.Union([Type.Integer(), Type.Null()])

/**
 * What a Zone.Identifier says. Every value was chosen by whoever wrote the stream: show it, search it,
 * never act on it without an order. Null: the key is absent or its value is not usable.
 */
export const Origin = Type.Object(
  {
    id: Type.Union([Type.Integer(), Type.Null()], {
      description: '0 this PC, 1 intranet, 2 trusted, 3 Internet, 4 restricted; others are custom',
    }),
    hostUrl: TextOrNull(8_192),
    referrerUrl: TextOrNull(8_192),
    hostIpAddress: TextOrNull(256),
    lastWriterPackageFamilyName: TextOrNull(1_024),
    appZoneId: IntegerOrNull,
    appDefinedZoneId: IntegerOrNull,
  },
  { additionalProperties: false },
)
export type Origin = Static<typeof Origin>

/**
 * What a stream is. `mark`: a Mark of the Web. `harmless`: known, can go. `keep`: holds data, losing it
 * does damage. `suspicious`: look at it. `unknown`: none of these.
 */
export const VerdictName = Type.Union([
  Type.Literal('mark'),
  Type.Literal('harmless'),
  Type.Literal('keep'),
  Type.Literal('suspicious'),
  Type.Literal('unknown'),
])
export type VerdictName = Static<typeof VerdictName>

export const CarrierKind = Type.Union([Type.Literal('file'), Type.Literal('directory')])
export type CarrierKind = Static<typeof CarrierKind>

/** What names one stream on one machine: the key of the inventory. */
export const StreamKey = Type.Object(
  { volumeId: VolumeId, identity: FileIdentity, stream: StreamName },
  { additionalProperties: false },
)
export type StreamKey = Static<typeof StreamKey>

/** One alternate data stream as an agent saw it. The unnamed stream is never reported. */
export const ReportedStream = Type.Object(
  {
    volumeId: VolumeId,
    identity: FileIdentity,
    stream: StreamName,
    path: CarrierPath,
    links: Type.Array(CarrierPath, {
      minItems: 1,
      maxItems: MAX_LINKS,
      description: 'All paths of the carrier, `path` included; more than one with hard links',
    }),
    kind: CarrierKind,
    sizeBytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    allocatedBytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    isResident: Type.Boolean(),
    modifiedAt: Timestamp,
    sha256: Type.Union([Sha256, Type.Null()], {
      description:
        'Of the whole content; null where it could not be read. Such a stream cannot be stripped.',
    }),
    origin: Type.Union([Origin, Type.Null()], {
      description: 'Null unless it parses as a Zone.Identifier',
    }),
    verdict: VerdictName,
    rule: Type.String({ minLength: 1, maxLength: 64, description: 'Which rule gave the verdict' }),
  },
  { additionalProperties: false },
)
export type ReportedStream = Static<typeof ReportedStream>
