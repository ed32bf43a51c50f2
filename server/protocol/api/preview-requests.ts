/**
 * What an order is to name, before anybody knows how much that is. A preview finds it and freezes it: a pattern ends
 * here, and none goes to a machine.
 *
 *   POST   /orders/previews?waitMs=      PreviewRequest → 202 OrderPreview; with `waitMs` it answers when counting has
 *                                        ended, or after so long
 */
import { type Static, Type } from 'typebox'
import { CarrierPath, FileIdentity, MachineId, OrderId, VolumeId } from '../ids.ts'
import { MAX_CHOSEN_TARGETS } from '../limits.ts'
import { MarkOrigin } from '../order.ts'

const strict = { additionalProperties: false } as const

/** Streams by number, all that a query finds now, or for `mark`: files. */
const ByStreamIds = Type.Object(
  {
    streamIds: Type.Array(Type.Integer({ minimum: 1 }), {
      minItems: 1,
      maxItems: MAX_CHOSEN_TARGETS,
      uniqueItems: true,
    }),
  },
  strict,
)
const ByQuery = Type.Object(
  { query: Type.String({ maxLength: 4_096, description: 'Empty: every stream there is' }) },
  strict,
)
const ByFiles = Type.Object(
  {
    files: Type.Array(
      Type.Object(
        { machineId: MachineId, volumeId: VolumeId, identity: FileIdentity, path: CarrierPath },
        strict,
      ),
      { minItems: 1, maxItems: MAX_CHOSEN_TARGETS },
    ),
  },
  strict,
)
/** The carriers from which a strip order took a Zone.Identifier (its `done` targets). */
const ByOrder = Type.Object({ doneOf: OrderId }, strict)

export const PreviewRequest = Type.Union([
  Type.Object(
    {
      action: Type.Union([Type.Literal('strip'), Type.Literal('reduce')]),
      selection: Type.Union([ByStreamIds, ByQuery]),
    },
    strict,
  ),
  Type.Object(
    {
      action: Type.Literal('mark'),
      selection: Type.Union([ByFiles, ByOrder]),
      /** What the mark will say. */
      origin: MarkOrigin,
    },
    strict,
  ),
])
export type PreviewRequest = Static<typeof PreviewRequest>
