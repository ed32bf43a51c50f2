/**
 * Labels, retirement, copies and coverage of machines.
 *
 *   PUT    /machines/:machineId/labels    MachineLabels → MachineLabels; those given by hand, exactly
 *   GET    /machines/:machineId/labels    MachineLabels
 *   POST   /machines/:machineId/retire    {reason} → 204; hidden, disconnected, cannot connect; nothing is deleted
 *   POST   /machines/:machineId/return    {} → 204; in service again
 *   GET    /machines/export?format=       every Machine, one a line
 *   GET    /machine-clones                MachineClones
 *   GET    /label-rules                   LabelRules
 *   POST   /label-rules                   NewLabelRule → 201 LabelRule
 *   DELETE /label-rules/:ruleNo           204
 *   GET    /coverage?cursor=&limit=       CoveragePage: what was not looked at, and why; by hostname
 *   GET    /coverage/export?format=       the same, one CoverageGap a line
 */
import { type Static, Type } from 'typebox'
import { Label, MAX_LABELS } from '../ask.ts'
import { MachineId, Timestamp } from '../ids.ts'
import { UnreadablePlace } from '../scan.ts'
import { FactsCondition } from './machine-selector.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })

export const SetLabels = Type.Object(
  { labels: Type.Array(Label, { maxItems: MAX_LABELS, uniqueItems: true }) },
  strict,
)
export type SetLabels = Static<typeof SetLabels>

export const MachineLabels = Type.Object(
  { byHand: Type.Array(Label), byRule: Type.Array(Label) },
  strict,
)
export type MachineLabels = Static<typeof MachineLabels>

export const RetireRequest = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 1_024 }) },
  strict,
)
export type RetireRequest = Static<typeof RetireRequest>

export const MachineClones = Type.Object(
  {
    clones: Type.Array(
      Type.Object(
        {
          machineId: MachineId,
          hostname: Type.String(),
          cloneHostname: Type.String({ description: 'What the copy calls itself' }),
          firstSeenAt: Timestamp,
          lastSeenAt: Timestamp,
          seenCount: Count,
        },
        strict,
      ),
    ),
  },
  strict,
)
export type MachineClones = Static<typeof MachineClones>

export const NewLabelRule = Type.Object({ label: Label, facts: FactsCondition }, strict)
export type NewLabelRule = Static<typeof NewLabelRule>

export const LabelRule = Type.Object(
  {
    ruleNo: Type.Integer({ minimum: 1 }),
    label: Label,
    facts: FactsCondition,
    createdBy: Type.String(),
    createdAt: Timestamp,
    machineCount: Count,
  },
  strict,
)
export type LabelRule = Static<typeof LabelRule>

export const LabelRules = Type.Object({ rules: Type.Array(LabelRule) }, strict)
export type LabelRules = Static<typeof LabelRules>

/**
 * `never-scanned`: nothing is known. `stale`: not seen for long. `offline`: not connected now. `failed` and
 * `cancelled`: the last scan looked at nothing, or not at all. `incomplete`: some places were unreadable. `read-raw` and
 * `read-only`: streams were seen, and no order can take them off.
 */
export const CoverageKind = Type.Union([
  Type.Literal('never-scanned'),
  Type.Literal('stale'),
  Type.Literal('offline'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
  Type.Literal('incomplete'),
  Type.Literal('read-raw'),
  Type.Literal('read-only'),
])
export type CoverageKind = Static<typeof CoverageKind>

export const CoverageGap = Type.Object(
  {
    machineId: MachineId,
    hostname: Type.String(),
    kinds: Type.Array(CoverageKind, { minItems: 1 }),
    lastSeenAt: Timestamp,
    lastScanAt: Type.Union([Timestamp, Type.Null()]),
    unreadableCount: Count,
    /** A few of the places that could not be read. */
    unreadable: Type.Array(UnreadablePlace),
    /** Roots that are read raw or read-only. */
    unwritableRoots: Type.Array(Type.String()),
    message: Type.String(),
  },
  strict,
)
export type CoverageGap = Static<typeof CoverageGap>

export const CoveragePage = Type.Object(
  {
    gaps: Type.Array(CoverageGap),
    cursor: Type.Union([Type.String(), Type.Null()]),
    /** Of all machines in service; one may be in several. */
    counts: Type.Object(
      {
        machines: Count,
        online: Count,
        neverScanned: Count,
        stale: Count,
        incomplete: Count,
        failed: Count,
      },
      strict,
    ),
  },
  strict,
)
export type CoveragePage = Static<typeof CoveragePage>
