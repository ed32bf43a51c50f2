/**
 * What was different in protocol 1. Agents of it are served still; everything that is not here is as in
 * link-frames.ts. Nothing in this file changes any more.
 *
 * A text frame is the JSON of one message; a binary frame is that JSON, zstd-compressed, whatever it says.
 */
import { type Static, Type } from 'typebox'
import { MachineId } from './ids.ts'
import { MAX_DELTA_ENTRIES } from './limits.ts'
import {
  MachineFacts,
  ResponseFrame,
  ScanFinishedFrame,
  ScanProgressFrame,
  Sequence,
} from './link-frames.ts'
import { ReportedStream, StreamKey } from './stream.ts'

const strict = { additionalProperties: false } as const

/** `inventory` is what the agent believes central has acknowledged. */
export const Hello1 = Type.Object(
  {
    type: Type.Literal('hello'),
    protocol: Type.Literal(1),
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
export type Hello1 = Static<typeof Hello1>

/** `resend`: the agent's belief is wrong, and it must send everything in a resync. */
export interface Welcome1 {
  readonly type: 'welcome'
  readonly protocol: 1
  readonly resend: boolean
  readonly scanEverySeconds: number
}

/** With `resync.isLast`, what was not named under its id since it began is gone, whatever its bucket. */
export const InventoryDelta1 = Type.Object(
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
export type InventoryDelta1 = Static<typeof InventoryDelta1>

/** For one delta, not for those before it. */
export interface InventoryAck1 {
  readonly type: 'inventory.ack'
  readonly sequence: number
}

/** After the hello. */
export const FrameToCentral1 = Type.Union([
  InventoryDelta1,
  ScanProgressFrame,
  ScanFinishedFrame,
  ResponseFrame,
])
export type FrameToCentral1 = Static<typeof FrameToCentral1>
