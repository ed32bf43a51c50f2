/**
 * `/api/v1/streams`
 *
 *   GET /streams?q=&gone=&cursor=&limit=   StreamPage, newest first seen first; 400 QUERY_INVALID with
 *                                          details {position, length}
 *   GET /streams/facets?q=&gone=           StreamFacets
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

export const StreamPage = Type.Object(
  {
    streams: Type.Array(StreamRow),
    /** Pass it back for the next page; null on the last. */
    cursor: Type.Union([Type.String(), Type.Null()]),
    /** All that match, not only this page. */
    total: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type StreamPage = Static<typeof StreamPage>

const Bucket = Type.Object({ value: Type.String(), count: Type.Integer({ minimum: 0 }) }, strict)

/** Counts of the streams that match, by a few properties; each bucket's value fits into a query. */
export const StreamFacets = Type.Object(
  {
    total: Type.Integer({ minimum: 0 }),
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
