/**
 * The frames of `/agent/v1`, the one WebSocket between an agent and central, in the newest protocol; what
 * older ones had otherwise is in link-frames-1.ts to link-frames-4.ts. README.md beside this file tells the conversation.
 * Unknown fields and types are refused: see version.ts.
 *
 * A text frame is the JSON of one message. A binary frame to central begins with a byte of
 * {@link BINARY_KINDS}, followed by the zstd-compressed JSON; one to an agent is compressed JSON alone.
 */
import { type Static, Type } from 'typebox'
import { MachineId } from './ids.ts'
import { MAX_BUCKETS, MAX_DELTA_ENTRIES, MAX_WINDOW } from './limits.ts'
import { ScanProgress, ScanSummary } from './scan.ts'
import { ReportedStream, StreamKey } from './stream.ts'

/** So that central can hand a delta on, unopened, to those who store it. */
export const BINARY_KINDS = { delta: 1, message: 2 } as const

const strict = { additionalProperties: false } as const
export const Sequence = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const RequestId = Type.String({ minLength: 1, maxLength: 64 })
const Digest = Type.String({ pattern: '^[0-9a-f]{32}$' })
/** Chosen by an agent's state when it is made: tells the sequences of one state from those of another. */
export const Epoch = Type.String({ pattern: '^[0-9a-f]{32}$' })
/** How many deltas may be under way, sent and not acknowledged. 0: none, until central gives more. */
const Window = Type.Integer({ minimum: 0, maximum: MAX_WINDOW })

/** Central → agent, first frame of every connection. The nonce is used once. */
export const Challenge = Type.Object(
  {
    type: Type.Literal('challenge'),
    nonce: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    oldestProtocol: Type.Integer({ minimum: 1 }),
    newestProtocol: Type.Integer({ minimum: 1 }),
  },
  strict,
)

export const MachineFacts = Type.Object(
  {
    hostname: Type.String({ minLength: 1, maxLength: 255 }),
    platform: Type.String({ maxLength: 32, description: 'process.platform' }),
    osRelease: Type.String({ maxLength: 255 }),
    architecture: Type.String({ maxLength: 32 }),
    agentVersion: Type.String({ maxLength: 32 }),
    fingerprint: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'Tells a machine from a copy of it that has the same key',
      }),
    ),
  },
  strict,
)
export type MachineFacts = Static<typeof MachineFacts>

/** Ed25519, base64. */
export const Signature = Type.String({ minLength: 80, maxLength: 96 })

/**
 * The key that the machine goes over to with this hello: `publicKey` is SPKI DER, base64. Signed by the new key over
 * `nextKeyText`, so that nobody's key is taken but the one of who holds it.
 */
export const NextKey = Type.Object(
  { publicKey: Type.String({ minLength: 40, maxLength: 128 }), signature: Signature },
  strict,
)
export type NextKey = Static<typeof NextKey>

/**
 * Agent → central, the answer to `challenge`. `signature` is by the machine's key over the UTF-8 bytes of `helloText`.
 * `binding` is what the agent's TLS session exports under {@link BINDING_LABEL}, 32 bytes in hex; null without TLS.
 * Nobody in between has the same session with both sides, so a hello that was passed on does not fit.
 */
export const Hello = Type.Object(
  {
    type: Type.Literal('hello'),
    protocol: Type.Literal(5),
    machineId: MachineId,
    signature: Signature,
    binding: Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()]),
    nextKey: Type.Union([NextKey, Type.Null()]),
    facts: MachineFacts,
    epoch: Epoch,
    isScanDue: Type.Boolean({ description: 'It would like to scan, and waits to be told when' }),
  },
  strict,
)
export type Hello = Static<typeof Hello>

/** What one side holds of a machine: how many streams, and their digest (shared/inventory-digest.ts). */
export const HeldInventory = Type.Object(
  { count: Type.Integer({ minimum: 0 }), digest: Digest },
  strict,
)
export type HeldInventory = Static<typeof HeldInventory>

/**
 * Central → agent: accepted. `resume` is up to where central has committed the deltas of the agent's epoch,
 * and what it holds then. The agent books everything up to there as acknowledged, forgets what it sent after it, and
 * goes on counting from there; where central then still holds something else, it asks for a comparison.
 */
export const Welcome = Type.Object(
  {
    type: Type.Literal('welcome'),
    protocol: Type.Literal(5),
    resume: Type.Object(
      {
        epoch: Epoch,
        sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        ...HeldInventory.properties,
      },
      strict,
    ),
    window: Window,
    scanEverySeconds: Type.Integer({ minimum: 10, maximum: 31_536_000 }),
    scanAfterSeconds: Type.Number({
      minimum: 0,
      maximum: 86_400,
      description:
        'Where a scan is due: this machine’s turn, so that a fleet does not scan at once',
    }),
    pingEveryMs: Type.Integer({ minimum: 10, maximum: 600_000 }),
  },
  strict,
)
export type Welcome = Static<typeof Welcome>

/**
 * Agent → central, right after the welcome and before any delta: digests of what central holds, each stream
 * in bucket `bucketOf(key, bucketCount)` of shared/inventory-buckets.ts. Once in a connection.
 */
export const InventoryCompare = Type.Object(
  {
    type: Type.Literal('inventory.compare'),
    bucketCount: Type.Integer({ minimum: 1, maximum: MAX_BUCKETS }),
  },
  strict,
)

/** Central → agent, the answer: a digest for each bucket. */
export const InventoryBuckets = Type.Object(
  {
    type: Type.Literal('inventory.buckets'),
    digests: Type.Array(Digest, { minItems: 1, maxItems: MAX_BUCKETS }),
  },
  strict,
)

/** Which buckets a resync is about. */
export const BucketChoice = Type.Object(
  {
    count: Type.Integer({ minimum: 1, maximum: MAX_BUCKETS }),
    numbers: Type.Array(Type.Integer({ minimum: 0, maximum: MAX_BUCKETS - 1 }), {
      minItems: 1,
      maxItems: MAX_BUCKETS,
    }),
  },
  strict,
)
export type BucketChoice = Static<typeof BucketChoice>

/**
 * Agent → central: what changed since the last acknowledged state. Always a binary frame. Sent again until acknowledged; a
 * repeat is a no-op, because an upsert says the whole state and a gone key stays gone. `sequence` counts
 * without gaps from the resume point on.
 *
 * `resync`: set while buckets that differ are sent again. With `isLast`, what central holds in `buckets` (null: in
 * any) and was not named by a delta since the first of this id is gone; `buckets` is null before the last.
 */
export const InventoryDelta = Type.Object(
  {
    type: Type.Literal('inventory.delta'),
    sequence: Sequence,
    resync: Type.Union([
      Type.Object(
        {
          id: Type.String({ minLength: 1, maxLength: 64 }),
          isLast: Type.Boolean(),
          buckets: Type.Union([BucketChoice, Type.Null()]),
        },
        strict,
      ),
      Type.Null(),
    ]),
    upserts: Type.Array(ReportedStream, { maxItems: MAX_DELTA_ENTRIES }),
    gone: Type.Array(StreamKey, { maxItems: MAX_DELTA_ENTRIES }),
  },
  strict,
)
export type InventoryDelta = Static<typeof InventoryDelta>

/** Central → agent, after the commit of that delta, and so of all before it, and never before. */
export const InventoryAck = Type.Object(
  { type: Type.Literal('inventory.ack'), sequence: Sequence, window: Window },
  strict,
)

/** Central → agent: a new window, where there is no acknowledgement to say it with. */
export const InventoryWindow = Type.Object(
  { type: Type.Literal('inventory.window'), window: Window },
  strict,
)

/** Central → agent, last frame before a close that the agent should answer by coming back, not sooner than that. */
export const Goodbye = Type.Object(
  {
    type: Type.Literal('goodbye'),
    message: Type.String({ maxLength: 1_024 }),
    retryAfterSeconds: Type.Number({ minimum: 0, maximum: 86_400 }),
  },
  strict,
)

export const ScanProgressFrame = Type.Object(
  { type: Type.Literal('scan.progress'), ...ScanProgress.properties },
  strict,
)

/**
 * Agent → central, once all that the scan found is acknowledged, so that a scan is never "complete" at
 * central before its streams are there. Also once after every `welcome` for the latest scan: storing it
 * twice is a no-op.
 */
export const ScanFinishedFrame = Type.Object(
  { type: Type.Literal('scan.finished'), summary: ScanSummary },
  strict,
)

/** Central → agent: one of the agent's own routes (agent-api.ts), as over its local socket. */
export const RequestFrame = Type.Object(
  {
    type: Type.Literal('request'),
    id: RequestId,
    method: Type.Union([Type.Literal('GET'), Type.Literal('POST')]),
    path: Type.String({ pattern: '^/v1/[a-z0-9/-]{1,200}$' }),
    body: Type.Unknown(),
  },
  strict,
)
export type RequestFrame = Static<typeof RequestFrame>

/** Agent → central. `body` is the route's JSON reply, an error reply included. */
export const ResponseFrame = Type.Object(
  {
    type: Type.Literal('response'),
    id: RequestId,
    status: Type.Integer({ minimum: 100, maximum: 599 }),
    body: Type.Unknown(),
  },
  strict,
)
export type ResponseFrame = Static<typeof ResponseFrame>

export const FrameToAgent = Type.Union([
  Challenge,
  Welcome,
  InventoryBuckets,
  InventoryAck,
  InventoryWindow,
  RequestFrame,
  Goodbye,
])
export type FrameToAgent = Static<typeof FrameToAgent>

/** After the hello; deltas come in binary frames of their own kind. */
export const FrameToCentral = Type.Union([
  InventoryCompare,
  ScanProgressFrame,
  ScanFinishedFrame,
  ResponseFrame,
])
export type FrameToCentral = Static<typeof FrameToCentral>

/** Of `exportKeyingMaterial`, with an empty context (RFC 5705, RFC 9266 in kind). */
export const BINDING_LABEL = 'EXPORTER-sidestream-agent-hello'
export const BINDING_BYTES = 32

/** What a hello signs beside the nonce and the machine. */
export interface SignedHello {
  readonly protocol: number
  readonly binding?: string | null
  readonly nextKey?: { readonly publicKey: string } | null
}

/** The text that a hello signs. Both ends build it here. Protocols 1 and 2 end with the protocol's number. */
export function helloText(nonce: string, machineId: string, hello: SignedHello): string {
  const text = `sidestream-agent-hello\n${nonce}\n${machineId}\n${hello.protocol}`
  if (hello.protocol < 3) return text
  return `${text}\n${hello.binding ?? '-'}\n${hello.nextKey?.publicKey ?? '-'}`
}

/** The text that the key to come signs. */
export function nextKeyText(nonce: string, machineId: string, publicKey: string): string {
  return `sidestream-agent-next-key\n${nonce}\n${machineId}\n${publicKey}`
}
