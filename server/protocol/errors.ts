import { type Static, Type } from 'typebox'

/** The one shape in which every route of central and agent reports a failure. */
export const ErrorReply = Type.Object(
  {
    code: Type.String({ description: 'Stable, e.g. MACHINE_NOT_FOUND. Clients branch on this.' }),
    message: Type.String({ description: 'For people: what happened, to what, what to do.' }),
    details: Type.Optional(
      Type.Unknown({ description: 'E.g. position and length of a query error' }),
    ),
  },
  { additionalProperties: false },
)
export type ErrorReply = Static<typeof ErrorReply>
