/**
 * `/api/v1/files`: one carrier all over the fleet.
 *
 *   GET /files?name=|path=&live=&folder=&sha256=&sizeBytes=&cursor=&limit=   FilePage: every machine, by hostname
 *   GET /files/export?…&format=ndjson|csv                                    the same, one MachineFile a line
 *   GET /files/explain?streamId=&live=                                       Explanation: what Windows does with it
 *   GET /machines/compare?a=&b=&cursor=&limit=                               ComparePage, by path
 *
 * Central knows only carriers with streams. Without `live=true` a machine without a known mark is therefore
 * `unknown` (`not-asked`), never clean. With it, the machines of the page that are connected look now: exactly at
 * `path`, or for `name` at every path where some machine has it and in each `folder`. `sha256` is of the file's own
 * content, which only a live question can compare.
 */
import { type Static, Type } from 'typebox'
import { CarrierPath, MachineId, Sha256, StreamName, Timestamp } from '../ids.ts'
import { Origin, VerdictName } from '../stream.ts'
import { Cursor } from './schema-parts.ts'

const strict = { additionalProperties: false } as const

export const FileQuestion = {
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  path: Type.Optional(CarrierPath),
  live: Type.Boolean({ default: false }),
  folder: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096 })),
  sha256: Type.Optional(Sha256),
  sizeBytes: Type.Optional(Type.Integer({ minimum: 0 })),
}

/**
 * Of all places on a machine: `marked` if one is; else `unknown` if one is; else `unmarked` if one is; else
 * `absent`, which only a machine that looked can say.
 */
export const FileState = Type.Union([
  Type.Literal('marked'),
  Type.Literal('unmarked'),
  Type.Literal('absent'),
  Type.Literal('unknown'),
])
export type FileState = Static<typeof FileState>

/** Why it is not known now. `inventory` rows keep it too: what they say is as old as the last scan. */
export const UnknownReason = Type.Union([
  Type.Literal('not-asked'),
  Type.Literal('offline'),
  Type.Literal('never-scanned'),
  Type.Literal('nowhere-to-look'),
  Type.Literal('outside-scope'),
  Type.Literal('unreadable'),
  Type.Literal('timed-out'),
  Type.Literal('refused'),
])
export type UnknownReason = Static<typeof UnknownReason>

export const FilePlace = Type.Object(
  {
    path: CarrierPath,
    state: FileState,
    source: Type.Union([Type.Literal('inventory'), Type.Literal('now')]),
    origin: Type.Union([Origin, Type.Null()]),
    streamId: Type.Union([Type.Integer(), Type.Null()]),
    sizeBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'Of the file itself; null where nobody has looked',
    }),
    isSameContent: Type.Union([Type.Boolean(), Type.Null()]),
    seenAt: Type.Union([Timestamp, Type.Null()]),
    message: Type.String(),
  },
  strict,
)
export type FilePlace = Static<typeof FilePlace>

export const MachineFile = Type.Object(
  {
    machineId: MachineId,
    hostname: Type.String(),
    isOnline: Type.Boolean(),
    state: FileState,
    reason: Type.Union([UnknownReason, Type.Null()]),
    message: Type.String(),
    places: Type.Array(FilePlace),
  },
  strict,
)
export type MachineFile = Static<typeof MachineFile>

export const FilePage = Type.Object(
  {
    machines: Type.Array(MachineFile),
    /** Where machines were asked to look, besides the paths of their own marks. */
    paths: Type.Array(CarrierPath),
    cursor: Cursor,
  },
  strict,
)
export type FilePage = Static<typeof FilePage>

export const Explanation = Type.Object(
  {
    zone: Type.Union([Type.Integer(), Type.Null()]),
    zoneName: Type.String(),
    extension: Type.String(),
    risk: Type.Union([
      Type.Literal('high'),
      Type.Literal('moderate'),
      Type.Literal('low'),
      Type.Literal('none'),
    ]),
    riskReason: Type.String(),
    effects: Type.Array(
      Type.Object(
        {
          by: Type.String(),
          what: Type.String(),
          certainty: Type.Union([
            Type.Literal('documented'),
            Type.Literal('observed'),
            Type.Literal('depends'),
          ]),
        },
        strict,
      ),
    ),
    location: Type.String(),
    caveats: Type.Array(Type.String()),
  },
  strict,
)
export type Explanation = Static<typeof Explanation>

const ComparedStream = Type.Object(
  {
    streamId: Type.Integer(),
    sizeBytes: Type.Integer(),
    sha256: Type.Union([Sha256, Type.Null()]),
    zone: Type.Union([Type.Integer(), Type.Null()]),
    verdict: VerdictName,
  },
  strict,
)
export type ComparedStream = Static<typeof ComparedStream>

/** Same path and stream name on two machines; upper and lower case of ASCII letters are alike. */
export const Difference = Type.Object(
  {
    path: CarrierPath,
    stream: StreamName,
    state: Type.Union([
      Type.Literal('only-a'),
      Type.Literal('only-b'),
      Type.Literal('differs'),
      Type.Literal('content-unknown'),
    ]),
    a: Type.Union([ComparedStream, Type.Null()]),
    b: Type.Union([ComparedStream, Type.Null()]),
  },
  strict,
)
export type Difference = Static<typeof Difference>

export const ComparePage = Type.Object(
  {
    differences: Type.Array(Difference),
    cursor: Cursor,
    counts: Type.Object(
      {
        same: Type.Integer(),
        onlyA: Type.Integer(),
        onlyB: Type.Integer(),
        differs: Type.Integer(),
        contentUnknown: Type.Integer(),
      },
      strict,
    ),
    /** What either machine’s last scan leaves open; empty: both were complete. */
    caveats: Type.Array(Type.String()),
  },
  strict,
)
export type ComparePage = Static<typeof ComparePage>
