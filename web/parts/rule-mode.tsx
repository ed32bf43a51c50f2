/** A rule's mode and action, in words. */
import type { Rule, RuleAction } from '../../server/protocol/api/rules.ts'
import { Status } from './bits.tsx'

export const RULE_ACTIONS: Record<RuleAction, { label: string; does: string }> = {
  strip: { label: 'Strip', does: 'takes off' },
  reduce: { label: 'Reduce', does: 'reduces to their zone' },
  alert: { label: 'Alert', does: 'tells the sinks of' },
}

export function RuleModeStatus({ rule }: { rule: Rule }) {
  switch (rule.mode) {
    case 'report':
      return <Status tone="busy">reports only</Status>
    case 'enforce':
      return <Status tone="good">acts</Status>
    case 'paused':
      return <Status tone="warn">paused</Status>
  }
}
