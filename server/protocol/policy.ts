/**
 * What a machine lets anybody do to its streams: its own file, which central can see and not change.
 * Whatever it does not allow is answered `refused`, with the rule's name in the reason.
 */
import { type Static, Type } from 'typebox'
import { OrderAction } from './order.ts'

const strict = { additionalProperties: false } as const
const Glob = Type.String({ minLength: 1, maxLength: 4_096 })

/** How long an agent keeps what it removed, if nobody says otherwise. */
export const QUARANTINE_DAYS = 365

export const LocalPolicy = Type.Object(
  {
    version: Type.Literal(1, { default: 1 }),
    actions: Type.Array(OrderAction, {
      maxItems: 4,
      uniqueItems: true,
      default: ['strip', 'restore'],
    }),
    streams: Type.Array(Glob, {
      maxItems: 256,
      default: ['Zone.Identifier'],
      description:
        'Globs over stream names. What never-strip.ts lists stays out, whatever stands here.',
    }),
    paths: Type.Object(
      {
        include: Type.Array(Glob, { maxItems: 1_024, default: ['*'] }),
        exclude: Type.Array(Glob, { maxItems: 1_024, default: [] }),
      },
      {
        ...strict,
        default: {},
        description: 'Globs over whole paths; * also takes separators, and / and \\ are the same',
      },
    ),
    targetsPerMinute: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      default: null,
      description: 'Targets acted on within any minute; null: any number',
    }),
    quarantine: Type.Object(
      {
        maxBytes: Type.Integer({ minimum: 0, default: 1_073_741_824 }),
        maxDays: Type.Integer({ minimum: 1, maximum: 36_500, default: QUARANTINE_DAYS }),
      },
      { ...strict, default: {}, description: 'What is kept to be put back; the oldest goes first' },
    ),
  },
  strict,
)
export type LocalPolicy = Static<typeof LocalPolicy>
