/**
 * `/api/v1/orders/policy`: when an order needs a second person.
 *
 *   GET    /orders/policy                OrderPolicy
 *   PUT    /orders/policy                OrderPolicy → OrderPolicy; needs settings.manage
 */
import { type Static, Type } from 'typebox'
import { MAX_ORDER_TARGETS } from '../limits.ts'
import { OrderAction } from '../order.ts'
import { VerdictName } from '../stream.ts'

const strict = { additionalProperties: false } as const

/** When a second person must approve. */
export const OrderPolicy = Type.Object(
  {
    /** Orders with more targets than this; null: the number does not matter. Default 1,000. */
    secondPersonAbove: Type.Union([
      Type.Integer({ minimum: 0, maximum: MAX_ORDER_TARGETS }),
      Type.Null(),
    ]),
    /** Always, whatever the number. */
    secondPersonFor: Type.Object(
      {
        actions: Type.Array(OrderAction, { uniqueItems: true }),
        verdicts: Type.Array(VerdictName, {
          uniqueItems: true,
          description: 'Orders that name at least one stream of these',
        }),
      },
      strict,
    ),
  },
  strict,
)
export type OrderPolicy = Static<typeof OrderPolicy>
