/**
 * `/api/v1/settings`: how central was started. Read-only: its service definition or command line is where they are set.
 *
 *   GET /settings   CentralSettings
 */
import { type Static, Type } from 'typebox'

export const CentralSettings = Type.Object(
  {
    keepGoneDays: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: 'How long streams that are gone are remembered; null: for ever',
    }),
    staleAfterDays: Type.Number({ minimum: 0 }),
    scanEverySeconds: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
)
export type CentralSettings = Static<typeof CentralSettings>
