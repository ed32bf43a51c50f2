/**
 * The agent's own routes, reached locally over its socket and by central through the link.
 *
 *   GET  /v1/status    AgentStatus
 *   POST /v1/scan      {} → ScanStarted; one scan at a time, a second request answers the running one
 *   POST /v1/read      ReadRequest → ReadReply
 *   POST /v1/query, /v1/query/cancel, /v1/files           (ask.ts)
 *   POST /v1/attachment-policies                          (attachment-policies.ts)
 *   POST /v1/strip     StripRequest → ReceiptsReply       (order.ts)
 *   POST /v1/reduce    ReduceRequest → ReceiptsReply      (order.ts)
 *   POST /v1/mark      MarkRequest → ReceiptsReply        (order.ts)
 *   POST /v1/restore   RestoreRequest → ReceiptsReply     (order.ts)
 *   POST /v1/identity/pins         IdentityPins → IdentityKept; the certificates that central may show from now on
 *   POST /v1/identity/rotate-key   {} → IdentityKept; the next connection, which begins at once, brings a new key
 *   GET  /v1/quarantine?cursor=&limit=   QuarantinePage   (quarantine.ts)
 *   POST /v1/quarantine/list   QuarantineQuery → QuarantinePage; the same, over the link
 *   POST /v1/quarantine/missing   MissingQuery → MissingReply
 *
 * Failures are ErrorReply with a stable code.
 */
import { type Static, Type } from 'typebox'
import { MAX_PINS, Pin, Pins } from './enrolment.ts'
import {
  CarrierPath,
  FileIdentity,
  MachineId,
  ScanId,
  Sha256,
  StreamName,
  Timestamp,
  VolumeId,
} from './ids.ts'
import { MAX_READ_BYTES } from './limits.ts'
import { LocalPolicy } from './policy.ts'
import { ScannedVolume, ScanProgress, ScanSummary } from './scan.ts'
import { WatchedRoot } from './watch.ts'

const strict = { additionalProperties: false } as const

export const AgentStatus = Type.Object(
  {
    version: Type.String(),
    machineId: Type.Union([MachineId, Type.Null()], { description: 'Null until enrolled' }),
    centralUrl: Type.Union([Type.String(), Type.Null()]),
    link: Type.Union([
      Type.Literal('connected'),
      Type.Literal('connecting'),
      Type.Literal('refused'),
      Type.Literal('pending'),
      Type.Literal('off'),
    ]),
    /** Why, where `link` is not `connected`; else empty. */
    linkMessage: Type.String(),
    linkCode: Type.String({
      description:
        'The same, stable: `revoked`, `cloned`, PIN_MISMATCH …; empty where there is none',
    }),
    /** Null until enrolled. */
    trust: Type.Union([
      Type.Object(
        {
          keyFingerprint: Sha256,
          pins: Pins,
          certificateEnds: Type.Union([Timestamp, Type.Null()], {
            description: 'Of what central showed last; null without TLS',
          }),
        },
        strict,
      ),
      Type.Null(),
    ]),
    volumes: Type.Array(ScannedVolume),
    /** What is known of changes between two scans, for each entry of the scope. */
    watches: Type.Array(WatchedRoot),
    scanning: Type.Union([ScanProgress, Type.Null()]),
    lastScan: Type.Union([ScanSummary, Type.Null()]),
    streamsKnown: Type.Integer({ minimum: 0 }),
    /** Inventory changes that central has not acknowledged yet. */
    unacknowledged: Type.Integer({ minimum: 0 }),
    /** What this machine lets anybody do, from its own file. */
    policy: LocalPolicy,
    enforced: Type.Array(Type.String({ maxLength: 64 }), {
      maxItems: 64,
      description: 'Values of group policy that stand instead of the machine’s own files',
    }),
    quarantine: Type.Object(
      { keptEntries: Type.Integer({ minimum: 0 }), keptBytes: Type.Integer({ minimum: 0 }) },
      strict,
    ),
  },
  strict,
)
export type AgentStatus = Static<typeof AgentStatus>

export const IdentityPins = Type.Object(
  { pins: Type.Array(Pin, { minItems: 1, maxItems: MAX_PINS, uniqueItems: true }) },
  strict,
)
export type IdentityPins = Static<typeof IdentityPins>

export const IdentityKept = Type.Object({ keyFingerprint: Sha256, pins: Pins }, strict)
export type IdentityKept = Static<typeof IdentityKept>

export const ScanStarted = Type.Object({ scanId: ScanId, isNew: Type.Boolean() }, strict)
export type ScanStarted = Static<typeof ScanStarted>

export const ReadRequest = Type.Object(
  {
    volumeId: VolumeId,
    identity: FileIdentity,
    path: CarrierPath,
    stream: StreamName,
    offset: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
    length: Type.Integer({ minimum: 1, maximum: MAX_READ_BYTES, default: 65_536 }),
  },
  strict,
)
export type ReadRequest = Static<typeof ReadRequest>

export const ReadReply = Type.Object(
  {
    sizeBytes: Type.Integer({ minimum: 0 }),
    sha256: Type.Union([Sha256, Type.Null()], {
      description: 'Of the whole stream; null if over 16 MiB',
    }),
    offset: Type.Integer({ minimum: 0 }),
    contentBase64: Type.String(),
  },
  strict,
)
export type ReadReply = Static<typeof ReadReply>
