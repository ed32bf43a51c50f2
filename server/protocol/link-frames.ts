/**
 * The frames of `/agent/v1`, the one WebSocket between an agent and central. README.md beside this file
 * tells the conversation. A text frame is the JSON of one message; a binary frame is that JSON,
 * zstd-compressed. Unknown fields and types are refused: see version.ts.
 */
import { type Static, Type } from 'typebox'
import { MachineId } from './ids.ts'
import { MAX_DELTA_ENTRIES } from './limits.ts'
import { ScanProgress, ScanSummary } from './scan.ts'
import { ReportedStream, StreamKey } from './stream.ts'

const strict = { additionalProperties: false } as const
const Sequence = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const RequestId = Type.String({ minLength: 1, maxLength: 64 })

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

/**
 * Agent → central, the answer to `challenge`. `signature` is Ed25519, base64, over the UTF-8 bytes of
 * `sidestream-agent-hello\n<nonce>\n<machineId>\n<protocol>`; see `helloText`.
 * `inventory` is what the agent believes central has acknowledged; where central's own digest differs,
 * `welcome.resend` asks for everything.
 */
export const Hello = Type.Object(
  {
    type: Type.Literal('hello'),
    protocol: Type.Integer({ minimum: 1 }),
    machineId: MachineId,
    signature: Type.String({ minLength: 80, maxLength: 96 }),
    facts: MachineFacts,
    inventory: Type.Object(
      {
        count: Type.Integer({ minimum: 0 }),
        digest: Type.String({ pattern: '^[0-9a-f]{32}$' }),
      },
      strict,
    ),
  },
  strict,
)

/** Central → agent: accepted. Anything else before it is a refusal by close code. */
export const Welcome = Type.Object(
  {
    type: Type.Literal('welcome'),
    protocol: Type.Integer({ minimum: 1 }),
    resend: Type.Boolean(),
    scanEverySeconds: Type.Integer({ minimum: 10, maximum: 31_536_000 }),
  },
  strict,
)

/**
 * Agent → central: what changed since the last acknowledged state. Sent again until acknowledged; a
 * repeat is a no-op, because an upsert says the whole state and a gone key stays gone.
 * `resync`: set while everything is sent again; with `isLast`, what central holds for the machine and
 * was not named under this id since it began is gone.
 */
export const InventoryDelta = Type.Object(
  {
    type: Type.Literal('inventory.delta'),
    sequence: Sequence,
    resync: Type.Union([
      Type.Object(
        { id: Type.String({ minLength: 1, maxLength: 64 }), isLast: Type.Boolean() },
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

/** Central → agent, after the commit of that delta and never before. */
export const InventoryAck = Type.Object(
  { type: Type.Literal('inventory.ack'), sequence: Sequence },
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

export const FrameToAgent = Type.Union([Challenge, Welcome, InventoryAck, RequestFrame])
export type FrameToAgent = Static<typeof FrameToAgent>

export const FrameToCentral = Type.Union([
  Hello,
  InventoryDelta,
  ScanProgressFrame,
  ScanFinishedFrame,
  ResponseFrame,
])
export type FrameToCentral = Static<typeof FrameToCentral>

/** The text that a hello signs. Both ends build it here. */
export function helloText(nonce: string, machineId: string, protocol: number): string {
  return `sidestream-agent-hello\n${nonce}\n${machineId}\n${protocol}`
}
