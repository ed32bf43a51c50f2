/**
 * `/api/v1/status`
 *
 *   GET /status   CentralStatus: whether central can store what agents report
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const

export const CentralStatus = Type.Object(
  {
    inventory: Type.Union([
      Type.Literal('ready'),
      Type.Literal('disk-full'),
      Type.Literal('restarting'),
    ]),
    /** For people; null while it is ready. */
    message: Type.Union([Type.String(), Type.Null()]),
    since: Type.Union([Timestamp, Type.Null()]),
  },
  strict,
)
export type CentralStatus = Static<typeof CentralStatus>
