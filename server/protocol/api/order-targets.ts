/**
 * How far an order is, target by target and machine by machine.
 *
 *   GET    /orders/:orderId/targets?state=&cursor=&limit=   OrderTargetPage
 *   GET    /orders/:orderId/machines?cursor=&limit=         OrderMachinePage: progress machine by machine
 *   GET    /orders/:orderId/export?state=&format=           every target as NDJSON or CSV
 */
import { type Static, Type } from 'typebox'
import { CarrierPath, MachineId, StreamName, TargetId, Timestamp } from '../ids.ts'
import { ReceiptOutcome } from '../order.ts'
import { Cursor, orNull } from './schema-parts.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })

/** `queued`: not sent yet (its machine may be offline). `sent`: no receipt yet. Else the receipt. */
export const TargetState = Type.Union([
  Type.Literal('queued'),
  Type.Literal('sent'),
  Type.Literal('cancelled'),
  Type.Literal('expired'),
  ReceiptOutcome,
])
export type TargetState = Static<typeof TargetState>

export const Counts = Type.Record(Type.String(), Count, {
  description: 'How many targets are in each state; states with none are absent',
})

export const OrderTargetRow = Type.Object(
  {
    targetId: TargetId,
    machineId: MachineId,
    hostname: Type.String(),
    path: CarrierPath,
    stream: StreamName,
    sizeBytes: Count,
    state: TargetState,
    reason: Type.String({ description: 'From the receipt; empty before it' }),
    at: orNull(Timestamp),
  },
  strict,
)
export type OrderTargetRow = Static<typeof OrderTargetRow>

export const OrderTargetPage = Type.Object(
  { targets: Type.Array(OrderTargetRow), cursor: Cursor },
  strict,
)
export type OrderTargetPage = Static<typeof OrderTargetPage>

export const OrderMachineRow = Type.Object(
  {
    machineId: MachineId,
    hostname: Type.String(),
    isOnline: Type.Boolean(),
    /** Whether its step has begun; before it, nothing is sent there. */
    isReleased: Type.Boolean(),
    targetCount: Count,
    counts: Counts,
  },
  strict,
)
export type OrderMachineRow = Static<typeof OrderMachineRow>

export const OrderMachinePage = Type.Object(
  { machines: Type.Array(OrderMachineRow), cursor: Cursor },
  strict,
)
export type OrderMachinePage = Static<typeof OrderMachinePage>
