/**
 * Scope: an account, or a token, may be bound to machine labels. Then it sees and acts on machines with one of these labels,
 * and on nothing else; others are not mentioned, not even as a count. How a route keeps to that stands next to its
 * access; a route that does not say is closed to such an account (403 SCOPED_ACCOUNT).
 */
import { type Static, Type } from 'typebox'
import { Label } from '../ask.ts'

const labels = { uniqueItems: true, maxItems: 64 } as const

/** What an administrator gives. Null: all machines. */
export const AccountScope = Type.Union([
  Type.Array(Label, { ...labels, minItems: 1 }),
  Type.Null({ description: 'All machines' }),
])
export type AccountScope = Static<typeof AccountScope>

/** What it comes to. With no label left, such as of a token whose owner got another scope: no machine at all. */
export const EffectiveScope = Type.Union([Type.Array(Label, labels), Type.Null()])
export type EffectiveScope = Static<typeof EffectiveScope>

/**
 * `none`: tells of no machine. `machine`: `:machineId` of its address must be one of them, else it is as if there were
 * none. `filtered`: gives only what lies within. `unscoped-only`: not for accounts with a scope.
 */
export const SCOPE_HANDLINGS = ['none', 'machine', 'filtered', 'unscoped-only'] as const
export type ScopeHandling = (typeof SCOPE_HANDLINGS)[number]

/** What both allow. */
export function narrowerScope(a: EffectiveScope, b: EffectiveScope): EffectiveScope {
  if (a === null) return b
  return b === null ? a : a.filter((label) => hasLabel(b, label))
}

/** Whether everything in `inner` is in `outer` too, by their labels. */
export function isWithinScope(
  inner: readonly string[] | null,
  outer: readonly string[] | null,
): boolean {
  if (outer === null) return true
  return inner?.every((label) => hasLabel(outer, label)) ?? false
}

function hasLabel(labels: readonly string[], wanted: string): boolean {
  return labels.some((label) => label.toLowerCase() === wanted.toLowerCase())
}
