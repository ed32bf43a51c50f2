/**
 * WebSocket `/api/v1/events`: central tells a signed-in console what changed, as JSON text frames. An
 * event carries no data beyond ids and counts: the console asks again for what it shows. Nothing is
 * accepted from the console on this socket.
 */
import { type Static, Type } from 'typebox'
import { MachineId, OrderId, PreviewId } from '../ids.ts'
import { ScanProgress } from '../scan.ts'
import { QuestionId } from './live-queries.ts'

const strict = { additionalProperties: false } as const

export const ConsoleEvent = Type.Union([
  /** A machine came, went, was enrolled, or finished a scan. */
  Type.Object({ type: Type.Literal('machine.changed'), machineId: MachineId }, strict),
  Type.Object(
    { type: Type.Literal('machine.scanning'), machineId: MachineId, progress: ScanProgress },
    strict,
  ),
  /** Streams of a machine were added, changed or went. */
  Type.Object({ type: Type.Literal('inventory.changed'), machineId: MachineId }, strict),
  /** Receipts came in, or the order's state changed. */
  Type.Object({ type: Type.Literal('order.changed'), orderId: OrderId }, strict),
  /** A rule ran, or its settings or mode changed. */
  Type.Object({ type: Type.Literal('rule.changed'), ruleId: Type.Integer({ minimum: 1 }) }, strict),
  /** More of it is frozen, or it is ready or has failed. */
  Type.Object({ type: Type.Literal('preview.changed'), previewId: PreviewId }, strict),
  /** An answer to a live query came in, or its state changed. */
  Type.Object({ type: Type.Literal('live.changed'), questionId: QuestionId }, strict),
])
export type ConsoleEvent = Static<typeof ConsoleEvent>
