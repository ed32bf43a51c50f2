/**
 * What central keeps of small streams that orders took away, so that an undo works where the machine's own quarantine is lost: a
 * machine that was installed anew. Such streams hold URLs, which are private data: it can be turned off, and what is kept goes with it.
 *
 *   GET /orders/kept-content       KeptContent
 *   PUT /orders/kept-content       KeptContentPolicy → KeptContent; needs settings.manage
 *   GET /orders/:orderId/targets/:targetId/content   TargetContent; needs content.read, and is on record;
 *                                  404 CONTENT_NOT_KEPT
 */
import { type Static, Type } from 'typebox'
import { Sha256 } from '../ids.ts'
import { MAX_RETURNED_BYTES } from '../limits.ts'

const strict = { additionalProperties: false } as const

export const KeptContentPolicy = Type.Object(
  {
    maxStreamBytes: Type.Integer({
      minimum: 0,
      maximum: MAX_RETURNED_BYTES,
      description: 'Larger streams are not kept; 0: none, and what is kept is forgotten',
    }),
    maxDays: Type.Integer({ minimum: 1, maximum: 36_500 }),
    maxBytes: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Of all; the oldest go first',
    }),
  },
  strict,
)
export type KeptContentPolicy = Static<typeof KeptContentPolicy>

export const KeptContent = Type.Object(
  {
    policy: KeptContentPolicy,
    streams: Type.Integer({ minimum: 0, description: 'The same bytes count once' }),
    bytes: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type KeptContent = Static<typeof KeptContent>

export const TargetContent = Type.Object(
  { sizeBytes: Type.Integer({ minimum: 0 }), sha256: Sha256, contentBase64: Type.String() },
  strict,
)
export type TargetContent = Static<typeof TargetContent>
