/**
 * `/api/v1/rules`: standing queries with an action. A rule begins in `report` mode, where it records what it would have
 * done and does nothing else. Only somebody with rules.enforce lets it act, after a report, and then each of its actions is
 * an ordinary order with the rule as author.
 *
 *   GET    /rules                   Rules, by name
 *   GET    /rules/examples          RuleExamples: settings to begin with
 *   GET    /rules/:ruleId           Rule
 *   POST   /rules                   RuleSettings → 201 Rule, in report mode; 409 NAME_TAKEN, TOO_MANY_RULES
 *   PUT    /rules/:ruleId           RuleSettings → Rule, back in report mode: what was approved was another rule
 *   DELETE /rules/:ruleId           204; what is queued of its orders is cancelled; orders and results stay on record
 *
 *   POST   /rules/:ruleId/run       {} → RuleRun: once, now, in its mode
 *   POST   /rules/:ruleId/enforce   EnforceRequest → Rule; needs rules.enforce; 409 RULE_NOT_REPORTED, COUNT_MISMATCH,
 *                                   OWN_RULE (the policy of orders asks for a second person), RULE_STATE
 *   POST   /rules/:ruleId/report    ReasonRequest → Rule: acts no more, goes on reporting; cancels as DELETE does
 *   POST   /rules/:ruleId/pause     ReasonRequest → Rule: does not even report; cancels as DELETE does
 *   GET    /rules/:ruleId/results?cursor=&limit=   RuleRunPage, newest first
 *
 * Writing needs rules.manage.
 */
import { type Static, Type } from 'typebox'
import { CarrierPath, MachineId, OrderId, StreamName, Timestamp } from '../ids.ts'
import { Cursor, orNull, Reason } from './schema-parts.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })

/** No run names more streams than this. */
export const MAX_RULE_TARGETS = 10_000
/** Of what a run chose, so many are kept to be looked at. */
export const MAX_RULE_SAMPLE = 100

/** `alert`: every stream that matches is told to the sinks once (`rule.alert`); nothing is changed. */
export const RuleAction = Type.Union([
  Type.Literal('strip'),
  Type.Literal('reduce'),
  Type.Literal('alert'),
])
export type RuleAction = Static<typeof RuleAction>

export const RuleSettings = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128 }),
    description: Type.String({ maxLength: 1_024, default: '' }),
    query: Type.String({ minLength: 1, maxLength: 3_500, description: 'Never everything' }),
    action: RuleAction,
    schedule: orNull(
      Type.Object(
        {
          cron: Type.String({
            minLength: 9,
            maxLength: 128,
            description: 'As in crontab: 0 3 * * *',
          }),
          timeZone: Type.String({
            maxLength: 64,
            default: 'UTC',
            description: 'IANA: Europe/Vienna',
          }),
        },
        strict,
      ),
    ),
    /** Also soon after a machine reports changes, over that machine's streams; and soon after central's start, over all. */
    onInventory: Type.Boolean({ default: false }),
    caps: Type.Object(
      {
        perMachinePerDay: Type.Integer({ minimum: 1, maximum: MAX_RULE_TARGETS, default: 100 }),
        perDay: Type.Integer({ minimum: 1, maximum: MAX_RULE_TARGETS, default: 1_000 }),
        stopAtFailedPercent: Type.Number({
          minimum: 0,
          maximum: 100,
          default: 10,
          description:
            'It pauses itself when more of a day’s receipts are failed, denied or refused',
        }),
      },
      strict,
    ),
    expiresAt: Type.Unsafe<string>({ ...Timestamp, description: 'From then on it is paused' }),
  },
  strict,
)
export type RuleSettings = Static<typeof RuleSettings>

export const RuleMode = Type.Union([
  Type.Literal('report'),
  Type.Literal('enforce'),
  Type.Literal('paused'),
])
export type RuleMode = Static<typeof RuleMode>

export const RuleTarget = Type.Object(
  {
    streamId: Type.Integer({ minimum: 1 }),
    machineId: MachineId,
    hostname: Type.String(),
    path: CarrierPath,
    stream: StreamName,
  },
  strict,
)
export type RuleTarget = Static<typeof RuleTarget>

export const RuleRun = Type.Object(
  {
    runId: Type.Integer({ minimum: 1 }),
    at: Timestamp,
    trigger: Type.Union([
      Type.Literal('schedule'),
      Type.Literal('inventory'),
      Type.Literal('person'),
    ]),
    /** The rule's then. In `report` the rest says what it would have done. */
    mode: Type.Union([Type.Literal('report'), Type.Literal('enforce')]),
    /** False: the rule was changed since. */
    isCurrent: Type.Boolean(),
    matched: Type.Integer({ minimum: 0, description: 'Streams that match the query' }),
    chosen: Type.Integer({ minimum: 0, description: 'Those it acts on, within its caps' }),
    machineCount: Count,
    /** Streams that match and were not chosen, and why. */
    heldBack: Type.Array(Type.Object({ reason: Type.String(), count: Count }, strict)),
    /** The first of the chosen. */
    sample: Type.Array(RuleTarget, { maxItems: MAX_RULE_SAMPLE }),
    orderId: orNull(OrderId),
    /** Why it did not come to an end; empty: it did. */
    error: Type.String(),
  },
  strict,
)
export type RuleRun = Static<typeof RuleRun>

export const RuleRunPage = Type.Object({ runs: Type.Array(RuleRun), cursor: Cursor }, strict)
export type RuleRunPage = Static<typeof RuleRunPage>

export const Rule = Type.Object(
  {
    ruleId: Type.Integer({ minimum: 1 }),
    settings: RuleSettings,
    mode: RuleMode,
    /** Why it is paused; by itself or by somebody. */
    pausedBecause: Type.String(),
    /** Who made it. */
    owner: Type.String(),
    createdAt: Timestamp,
    /** Who changed the settings last, and so may not be the second person. */
    changedBy: Type.String(),
    changedAt: Timestamp,
    enforcedBy: orNull(Type.String()),
    enforcedAt: orNull(Timestamp),
    /** Why enforcing needs somebody else than who changed it last; null: it does not. */
    approvalNeeded: orNull(Type.String()),
    nextRunAt: orNull(Timestamp),
    lastRun: orNull(RuleRun),
    /** `confirmCount` for enforcing: what the newest report of these settings would do; null: there is none. */
    reportedCount: orNull(Count),
    /** Streams that it acted on within a day. */
    actedToday: Count,
  },
  strict,
)
export type Rule = Static<typeof Rule>

export const Rules = Type.Object({ rules: Type.Array(Rule) }, strict)
export type Rules = Static<typeof Rules>

export const RuleExamples = Type.Object(
  { examples: Type.Array(Type.Omit(RuleSettings, ['expiresAt'])) },
  strict,
)
export type RuleExamples = Static<typeof RuleExamples>

export const EnforceRequest = Type.Object(
  {
    confirmCount: Type.Integer({
      minimum: 0,
      description: 'What the newest report would have done',
    }),
    reason: Reason,
  },
  strict,
)
export type EnforceRequest = Static<typeof EnforceRequest>

export const RuleReasonRequest = Type.Object({ reason: Reason }, strict)
export type RuleReasonRequest = Static<typeof RuleReasonRequest>
