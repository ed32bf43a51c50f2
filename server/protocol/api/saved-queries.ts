/**
 * `/api/v1/saved-queries`: questions that are asked again, by people or by the clock.
 *
 *   GET    /saved-queries            SavedQueries, by name
 *   POST   /saved-queries            SavedQuerySettings → 201 SavedQuery; 409 NAME_TAKEN
 *   PUT    /saved-queries/:savedId   SavedQuerySettings → SavedQuery
 *   DELETE /saved-queries/:savedId   204
 *   POST   /saved-queries/:savedId/run   {} → SavedQuery, with what came of it
 *
 * One of the inventory counts what matches, and is told of (`saved-query.changed`) when the count is another one. A
 * live one opens a live query, unless the one before is still open.
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'
import { LiveQueryRequest, QuestionId } from './live-queries.ts'

const strict = { additionalProperties: false } as const

/** Five fields of cron; the sixth, for seconds, is not for schedules of a fleet. */
const Schedule = Type.Union([
  Type.Object(
    {
      cron: Type.String({
        minLength: 9,
        maxLength: 128,
        description: 'As in crontab: 0 6 * * 1-5',
      }),
      timeZone: Type.String({ maxLength: 64, default: 'UTC', description: 'IANA: Europe/Vienna' }),
    },
    strict,
  ),
  Type.Null(),
])

const Name = Type.String({ minLength: 1, maxLength: 128 })
const { query: _, ...liveProperties } = LiveQueryRequest.properties

export const SavedQuerySettings = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('inventory'),
      name: Name,
      query: Type.String({ maxLength: 4_096 }),
      schedule: Schedule,
    },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('live'),
      name: Name,
      query: Type.String({ maxLength: 4_096 }),
      schedule: Schedule,
      ...liveProperties,
    },
    strict,
  ),
])
export type SavedQuerySettings = Static<typeof SavedQuerySettings>

export const SavedQuery = Type.Object(
  {
    savedId: Type.Integer({ minimum: 1 }),
    settings: SavedQuerySettings,
    createdBy: Type.String(),
    createdAt: Timestamp,
    nextRunAt: Type.Union([Timestamp, Type.Null()]),
    lastRunAt: Type.Union([Timestamp, Type.Null()]),
    /** Of an inventory query: what matched then. */
    lastTotal: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    /** Of a live query: the question that was opened. */
    lastQuestionId: Type.Union([QuestionId, Type.Null()]),
    lastError: Type.String(),
  },
  strict,
)
export type SavedQuery = Static<typeof SavedQuery>

export const SavedQueries = Type.Object({ queries: Type.Array(SavedQuery) }, strict)
export type SavedQueries = Static<typeof SavedQueries>
