import { type Static, Type } from 'typebox'
import { CarrierPath, Timestamp } from './ids.ts'

/**
 * How an agent learns between two scans what changed below one entry of its scope. `journal`: from the volume's
 * change journal. `notices`: the system tells of each change. `scans`: not at all; it is scanned more often.
 */
export const WatchedRoot = Type.Object(
  {
    root: CarrierPath,
    how: Type.Union([Type.Literal('journal'), Type.Literal('notices'), Type.Literal('scans')]),
    isInStep: Type.Boolean({
      description:
        'True: whatever changes is in the inventory within seconds. False: a full scan is needed first',
    }),
    /** In step since then; null while it is not. */
    since: Type.Union([Timestamp, Type.Null()]),
    /** Why it is only scanned, or why a full scan was needed last; else empty. */
    message: Type.String({ maxLength: 1_024 }),
  },
  { additionalProperties: false },
)
export type WatchedRoot = Static<typeof WatchedRoot>
