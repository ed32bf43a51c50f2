/**
 * `/api/v1/live-queries`: a query that agents answer from their disks now.
 *
 *   POST /live-queries                          LiveQueryRequest → 201 LiveQuestion; 400 QUERY_INVALID,
 *                                               QUERY_NOT_LIVE, NO_MACHINES; 429 TOO_MANY_QUESTIONS
 *   GET  /live-queries?cursor=&limit=           LiveQuestionPage, newest first
 *   GET  /live-queries/:questionId              LiveQuestion
 *   GET  /live-queries/:questionId/answers?state=&cursor=&limit=   LiveAnswerPage, by hostname
 *   GET  /live-queries/:questionId/rows?cursor=&limit=             LiveRowPage, in the order of the answers
 *   GET  /live-queries/:questionId/rows/export?format=ndjson|csv   all rows that have come
 *   GET  /live-queries/:questionId/stream       NDJSON of LiveLine as answers come; ends with the question
 *   POST /live-queries/:questionId/cancel       {} → LiveQuestion
 *   POST /live-queries/:questionId/ask-again    AskAgainRequest → LiveQuestion
 */
import { type Static, Type } from 'typebox'
import { AskedPlace, AskLimits, MAX_ASKED_PATHS, StoppedBy } from '../ask.ts'
import { CarrierPath, MachineId, Timestamp } from '../ids.ts'
import { UnreadablePlace } from '../scan.ts'
import { ReportedStream } from '../stream.ts'
import { MachineSelector } from './machine-selector.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })

export const QuestionId = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })

export const LiveQueryRequest = Type.Object(
  {
    query: Type.String({ maxLength: 4_096 }),
    paths: Type.Array(CarrierPath, {
      maxItems: MAX_ASKED_PATHS,
      default: [],
      description: 'Inside each agent’s scope; none: all of it',
    }),
    machines: MachineSelector,
    withHash: Type.Boolean({ default: false, description: 'Also the SHA-256 of each stream' }),
    limits: Type.Partial(AskLimits, { ...strict, default: {} }),
    maxRows: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 50_000,
      description: 'Of all machines together; then the others are not asked any more',
    }),
    waitForOfflineSeconds: Type.Integer({
      minimum: 0,
      maximum: 2_592_000,
      default: 0,
      description: 'How long machines that are not connected may take to come back; 0: not asked',
    }),
  },
  strict,
)
export type LiveQueryRequest = Static<typeof LiveQueryRequest>

/**
 * `waiting`: not asked yet, or not connected and waited for. `answered`: see `stopped` and `unreadableCount` for what the
 * answer leaves open. `refused`: the agent said no, or answered what makes no sense.
 */
export const LiveAnswerState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('running'),
  Type.Literal('answered'),
  Type.Literal('refused'),
  Type.Literal('offline'),
  Type.Literal('timed-out'),
  Type.Literal('cancelled'),
])
export type LiveAnswerState = Static<typeof LiveAnswerState>

export const LiveQuestion = Type.Object(
  {
    questionId: QuestionId,
    query: Type.String(),
    paths: Type.Array(CarrierPath),
    machines: MachineSelector,
    withHash: Type.Boolean(),
    limits: AskLimits,
    maxRows: Count,
    createdBy: Type.String(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    finishedAt: Type.Union([Timestamp, Type.Null()], { description: 'Null while it is open' }),
    isCancelled: Type.Boolean(),
    machineCount: Count,
    rowCount: Count,
    /** Machines whose answer leaves something open: cut short, unreadable places, paths outside their scope. */
    incompleteCount: Count,
    /** Machines in each state; states with none are absent. */
    counts: Type.Record(Type.String(), Count),
  },
  strict,
)
export type LiveQuestion = Static<typeof LiveQuestion>

export const LiveQuestionPage = Type.Object(
  { questions: Type.Array(LiveQuestion), cursor: Type.Union([Type.String(), Type.Null()]) },
  strict,
)
export type LiveQuestionPage = Static<typeof LiveQuestionPage>

export const LiveAnswer = Type.Object(
  {
    machineId: MachineId,
    hostname: Type.String(),
    isOnline: Type.Boolean(),
    state: LiveAnswerState,
    reason: Type.String({ description: 'Why it is no answer; empty where it is one' }),
    askedCount: Count,
    settledAt: Type.Union([Timestamp, Type.Null()]),
    rowCount: Count,
    stopped: StoppedBy,
    carriersSeen: Count,
    unreadableCount: Count,
    places: Type.Array(AskedPlace),
    unreadable: Type.Array(UnreadablePlace),
    tookMs: Count,
  },
  strict,
)
export type LiveAnswer = Static<typeof LiveAnswer>

export const LiveAnswerPage = Type.Object(
  { answers: Type.Array(LiveAnswer), cursor: Type.Union([Type.String(), Type.Null()]) },
  strict,
)
export type LiveAnswerPage = Static<typeof LiveAnswerPage>

/** A stream as its machine saw it when it was asked. Not of the inventory: no order can name it. */
export const LiveRow = Type.Object(
  { machineId: MachineId, hostname: Type.String(), ...ReportedStream.properties },
  strict,
)
export type LiveRow = Static<typeof LiveRow>

export const LiveRowPage = Type.Object(
  { rows: Type.Array(LiveRow), cursor: Type.Union([Type.String(), Type.Null()]) },
  strict,
)
export type LiveRowPage = Static<typeof LiveRowPage>

/** One line of the stream: each answer, its rows after it, and the question at the end. */
export const LiveLine = Type.Union([
  Type.Object({ type: Type.Literal('answer'), answer: LiveAnswer }, strict),
  Type.Object({ type: Type.Literal('row'), row: LiveRow }, strict),
  Type.Object({ type: Type.Literal('finished'), question: LiveQuestion }, strict),
])
export type LiveLine = Static<typeof LiveLine>

const Failed = Type.Union([
  Type.Literal('refused'),
  Type.Literal('offline'),
  Type.Literal('timed-out'),
  Type.Literal('cancelled'),
])

export const AskAgainRequest = Type.Object(
  {
    states: Type.Array(Failed, {
      minItems: 1,
      uniqueItems: true,
      default: ['refused', 'offline', 'timed-out'],
    }),
    waitForOfflineSeconds: Type.Integer({ minimum: 0, maximum: 2_592_000, default: 0 }),
  },
  strict,
)
export type AskAgainRequest = Static<typeof AskAgainRequest>
