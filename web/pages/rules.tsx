/** Standing queries with an action: which there are, and what each does. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Rule } from '../../server/protocol/api/rules.ts'
import { api } from '../api.ts'
import { formatCount } from '../model/format.ts'
import { Empty, Failure, Loading, Time } from '../parts/bits.tsx'
import { useLive, useResource, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'
import { NewRuleDialog } from '../parts/rule-dialog.tsx'
import { RULE_ACTIONS, RuleModeStatus } from '../parts/rule-mode.tsx'
import { may } from '../session.ts'

export function RulesPage() {
  useTitle('Rules')
  const { route } = useLocation()
  const [isAdding, setIsAdding] = useState(false)
  const rules = useResource('rules', (abort) => api.rules(abort))
  useLive((event) => event.type === 'rule.changed', rules.reload)
  return (
    <main class="page">
      <header class="page-head">
        <h1>Rules</h1>
        <div class="page-actions">
          {may('rules.manage') && (
            <button type="button" class="button" onClick={() => setIsAdding(true)}>
              New rule…
            </button>
          )}
        </div>
      </header>
      {rules.error !== null && <Failure error={rules.error} retry={rules.reload} />}
      {rules.value === null && rules.error === null && <Loading what="rules" />}
      {rules.value?.rules.length === 0 && (
        <Empty title="No rules yet">
          <p>
            A rule is a query that is asked again and again, with an action. A new rule only reports
            what it would do.
          </p>
        </Empty>
      )}
      {rules.value !== null && rules.value.rules.length > 0 && (
        <section class="panel">
          <RuleTable rules={rules.value.rules} />
        </section>
      )}
      {isAdding && (
        <NewRuleDialog
          onClose={() => setIsAdding(false)}
          onMade={(rule) => route(`/rules/${rule.ruleId}`)}
        />
      )}
    </main>
  )
}

function RuleTable({ rules }: { rules: readonly Rule[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col">Mode</th>
          <th scope="col">Action</th>
          <th scope="col">Query</th>
          <th scope="col">Last run</th>
          <th scope="col">Found then</th>
          <th scope="col">Acted on today</th>
          <th scope="col">Owner</th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.ruleId}>
            <td>
              <a href={`/rules/${rule.ruleId}`}>
                <Name text={rule.settings.name} />
              </a>
            </td>
            <td>
              <RuleModeStatus rule={rule} />
            </td>
            <td>{RULE_ACTIONS[rule.settings.action].label}</td>
            <td>
              <code class="rule-query">
                <Name text={rule.settings.query} isTitled />
              </code>
            </td>
            <td>
              <Time at={rule.lastRun?.at ?? null} />
            </td>
            <td>{rule.lastRun === null ? '' : formatCount(rule.lastRun.matched)}</td>
            <td>{formatCount(rule.actedToday)}</td>
            <td>
              <Name text={rule.owner} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
