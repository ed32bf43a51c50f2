/**
 * Questions that an agent answers from its disk as it is now, not from its inventory. Reached as
 *
 *   POST /v1/query          QueryRequest → QueryReply; 503 AGENT_BUSY while too many others run
 *   POST /v1/query/cancel   CancelRequest → CancelReply; ends a query or a look for files
 *   POST /v1/files          FilesRequest → FilesReply
 *
 * The limits of a request are kept by the agent: it stops and says by which of them. What it did not look
 * at is never reported as clean.
 */
import { type Static, Type } from 'typebox'
import { CarrierPath, MachineId, Sha256, StreamName, VolumeId } from './ids.ts'
import { UnreadablePlace } from './scan.ts'
import { Origin, ReportedStream } from './stream.ts'

const strict = { additionalProperties: false } as const

export const MAX_ASKED_PATHS = 32
export const MAX_ASK_MS = 600_000
export const MAX_ASKED_ROWS = 5_000
/** Half a frame: a reply has more in it than its rows. */
export const MAX_ASKED_BYTES = 8 * 1024 * 1024
export const MAX_ASKED_UNREADABLE = 20
export const MAX_LABELS = 64

export const AskId = Type.String({
  pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
  description: 'One question to one machine, asked once',
})

export const Label = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
  description: 'A word that people or rules gave a machine',
})
export type Label = Static<typeof Label>

/** What one machine may spend on one question. */
export const AskLimits = Type.Object(
  {
    timeMs: Type.Integer({ minimum: 100, maximum: MAX_ASK_MS, default: 30_000 }),
    rows: Type.Integer({ minimum: 1, maximum: MAX_ASKED_ROWS, default: 500 }),
    bytes: Type.Integer({ minimum: 4_096, maximum: MAX_ASKED_BYTES, default: 1_048_576 }),
  },
  strict,
)
export type AskLimits = Static<typeof AskLimits>

export const QueryRequest = Type.Object(
  {
    askId: AskId,
    query: Type.String({ maxLength: 4_096 }),
    /** Inside the agent's scope; none: all of it. */
    paths: Type.Array(CarrierPath, { maxItems: MAX_ASKED_PATHS }),
    /** What `machine:` and `label:` are compared with: the names that central knows it by. */
    machine: Type.Object(
      {
        machineId: MachineId,
        hostname: Type.String({ maxLength: 255 }),
        labels: Type.Array(Label, { maxItems: MAX_LABELS }),
      },
      strict,
    ),
    /** Reads every stream to its end, and not only as far as a verdict needs. */
    withHash: Type.Boolean(),
    limits: AskLimits,
  },
  strict,
)
export type QueryRequest = Static<typeof QueryRequest>

/** Why it is not the whole answer; null: it is, but for what could not be read. */
export const StoppedBy = Type.Union([
  Type.Literal('time'),
  Type.Literal('rows'),
  Type.Literal('bytes'),
  Type.Literal('cancelled'),
  Type.Null(),
])
export type StoppedBy = Static<typeof StoppedBy>

/** `not-reached`: a limit ended the question before. */
export const AskedPlace = Type.Object(
  {
    path: CarrierPath,
    state: Type.Union([
      Type.Literal('read'),
      Type.Literal('cut-short'),
      Type.Literal('not-reached'),
      Type.Literal('absent'),
      Type.Literal('outside-scope'),
      Type.Literal('failed'),
    ]),
    message: Type.String({ maxLength: 1_024 }),
  },
  strict,
)
export type AskedPlace = Static<typeof AskedPlace>

export const QueryReply = Type.Object(
  {
    rows: Type.Array(ReportedStream, { maxItems: MAX_ASKED_ROWS }),
    stopped: StoppedBy,
    places: Type.Array(AskedPlace, { maxItems: 256 }),
    carriersSeen: Type.Integer({ minimum: 0 }),
    streamsSeen: Type.Integer({ minimum: 0 }),
    unreadableCount: Type.Integer({ minimum: 0 }),
    unreadable: Type.Array(UnreadablePlace, { maxItems: MAX_ASKED_UNREADABLE }),
    tookMs: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type QueryReply = Static<typeof QueryReply>

export const CancelRequest = Type.Object({ askId: AskId }, strict)
export type CancelRequest = Static<typeof CancelRequest>
export const CancelReply = Type.Object({ wasRunning: Type.Boolean() }, strict)
export type CancelReply = Static<typeof CancelReply>

export const FilesRequest = Type.Object(
  {
    askId: AskId,
    /** Where to look, each exactly; nothing is searched, so that no folder's access time changes. */
    paths: Type.Array(CarrierPath, { minItems: 1, maxItems: 256 }),
    /** Compare the file's own content: hashed only where it fits the size, if one is given. */
    content: Type.Union([
      Type.Object(
        {
          sha256: Sha256,
          sizeBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
        },
        strict,
      ),
      Type.Null(),
    ]),
    timeMs: Type.Integer({ minimum: 100, maximum: MAX_ASK_MS }),
    /** A larger file is not hashed, and its content stays unknown. */
    hashLimitBytes: Type.Integer({ minimum: 0, maximum: 1_073_741_824 }),
  },
  strict,
)
export type FilesRequest = Static<typeof FilesRequest>

export const AskedFile = Type.Object(
  {
    path: CarrierPath,
    /** `unreadable`: the file, its streams or the way to it cannot be looked at, so nothing is known of it. */
    state: Type.Union([
      Type.Literal('marked'),
      Type.Literal('unmarked'),
      Type.Literal('absent'),
      Type.Literal('unreadable'),
      Type.Literal('outside-scope'),
      Type.Literal('not-reached'),
    ]),
    message: Type.String({ maxLength: 1_024 }),
    volumeId: Type.Union([VolumeId, Type.Null()]),
    sizeBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    streams: Type.Array(StreamName, { maxItems: 64 }),
    origin: Type.Union([Origin, Type.Null()], { description: 'What the mark says' }),
    /** Null: not asked, or not known. */
    isSameContent: Type.Union([Type.Boolean(), Type.Null()]),
  },
  strict,
)
export type AskedFile = Static<typeof AskedFile>

export const FilesReply = Type.Object(
  { files: Type.Array(AskedFile, { maxItems: 256 }), stopped: StoppedBy },
  strict,
)
export type FilesReply = Static<typeof FilesReply>
