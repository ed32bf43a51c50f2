/**
 * `/api/v1/streams`
 *
 *   GET /streams?q=&gone=&cursor=&limit=&explain=   StreamPage in the order that its plan says, newest first where
 *                                          that is cheap; 400 QUERY_INVALID with details {position, length}
 *   GET /streams/facets?q=&gone=           StreamFacets
 *   GET /streams/suggest?q=&position=      QuerySuggestions: what could stand at the cursor
 *   GET /streams/:streamId                 StreamRow
 *   GET /streams/:streamId/content?offset=&length=   ReadReply, asked of the agent now; 409 MACHINE_OFFLINE
 *   GET /streams/export?q=&gone=&format=ndjson|csv  one StreamRow a line / RFC 4180 with formula guard
 *
 * `gone`: `false` (default) what is there, `true` also what is gone, `only` only that. A query that asks
 * about `gone:` itself sees both.
 */
import { type Static, Type } from 'typebox'
import { MachineId, Timestamp } from '../ids.ts'
import { ReportedStream } from '../stream.ts'

const strict = { additionalProperties: false } as const

/** A stream as central knows it. `streamId` is never reused. */
export const StreamRow = Type.Object(
  {
    streamId: Type.Integer({ minimum: 1 }),
    machineId: MachineId,
    hostname: Type.String(),
    ...ReportedStream.properties,
    firstSeenAt: Timestamp,
    lastSeenAt: Timestamp,
    goneAt: Type.Union([Timestamp, Type.Null()]),
    /** False: its volume is read raw or read-only, so that an order would be refused. */
    isStrippable: Type.Boolean(),
  },
  strict,
)
export type StreamRow = Static<typeof StreamRow>

/** With `explain=1`: how the search was answered, in words. */
export const SearchPlan = Type.Object(
  {
    driver: Type.String({ description: 'What the streams are found by' }),
    estimate: Type.Integer({ minimum: 0, description: 'Streams that it leads to, about' }),
    filters: Type.Array(Type.String(), { description: 'What each of them is compared with' }),
    order: Type.String(),
  },
  strict,
)
export type SearchPlan = Static<typeof SearchPlan>

export const StreamPage = Type.Object(
  {
    streams: Type.Array(StreamRow),
    cursor: Type.Union([Type.String(), Type.Null()], {
      description:
        'Pass it back for the next page; null on the last. A page may hold fewer streams than asked for, even none, and have a cursor: so far was looked',
    }),
    total: Type.Integer({ minimum: 0, description: 'All that match, not only this page' }),
    totalIsExact: Type.Boolean({ description: 'False: there are at least so many' }),
    plan: Type.Optional(SearchPlan),
  },
  strict,
)
export type StreamPage = Static<typeof StreamPage>

const Bucket = Type.Object({ value: Type.String(), count: Type.Integer({ minimum: 0 }) }, strict)

/** Counts of the streams that match, by a few properties; each bucket's value fits into a query. */
export const StreamFacets = Type.Object(
  {
    total: Type.Integer({ minimum: 0 }),
    totalIsExact: Type.Boolean({ description: 'False: there are at least so many' }),
    isExact: Type.Object(
      { machines: Type.Boolean(), hosts: Type.Boolean(), others: Type.Boolean() },
      { ...strict, description: 'False: of some of what matches; each count is at least so much' },
    ),
    machines: Type.Array(Bucket),
    verdicts: Type.Array(Bucket),
    zones: Type.Array(Bucket, {
      description: 'Zone number as text; `none` where there is no zone',
    }),
    hosts: Type.Array(Bucket, { description: 'Top host names of HostUrl' }),
    names: Type.Array(Bucket, { description: 'Top stream names' }),
    extensions: Type.Array(Bucket, { description: 'Top carrier extensions, lower case' }),
  },
  strict,
)
export type StreamFacets = Static<typeof StreamFacets>

/** What could stand at the cursor: `text` in place of what is from `from` to `to` (UTF-16 units). */
export const QuerySuggestions = Type.Object(
  {
    from: Type.Integer({ minimum: 0 }),
    to: Type.Integer({ minimum: 0 }),
    suggestions: Type.Array(
      Type.Object(
        {
          text: Type.String(),
          description: Type.Union([Type.String(), Type.Null()]),
          count: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
            description: 'Streams with that value, as far as was counted',
          }),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type QuerySuggestions = Static<typeof QuerySuggestions>
