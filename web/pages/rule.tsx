/** One rule: what it means, what its runs found, and who lets it act. */
import { useState } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import type { Rule } from '../../server/protocol/api/rules.ts'
import { api, isNotThere } from '../api.ts'
import { plural } from '../model/format.ts'
import { Empty, Facts, Failure, Loading, Notice, Time } from '../parts/bits.tsx'
import { EnforceDialog } from '../parts/enforce-dialog.tsx'
import { FormDialog } from '../parts/form-dialog.tsx'
import { useLive, useResource, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'
import { ReasonDialog } from '../parts/reason-dialog.tsx'
import { EditRuleDialog } from '../parts/rule-dialog.tsx'
import { RULE_ACTIONS, RuleModeStatus } from '../parts/rule-mode.tsx'
import { RuleRuns } from '../parts/rule-runs.tsx'
import { say, sayError } from '../parts/toasts.tsx'
import { may } from '../session.ts'

export function RulePage() {
  const { params } = useRoute()
  const id = params.id ?? ''
  const rule = useResource(id, (abort) => api.rule(id, abort))
  useLive((event) => event.type === 'rule.changed' && String(event.ruleId) === id, rule.reload)
  useTitle(rule.value === null ? 'Rule' : rule.value.settings.name)
  if (rule.value !== null) return <Detail rule={rule.value} onChanged={rule.reload} />
  return (
    <main class="page">
      {rule.error === null ? (
        <Loading what="rule" />
      ) : isNotThere(rule.error) ? (
        <Empty title="No such rule">
          <p>
            <a href="/rules">See all rules.</a>
          </p>
        </Empty>
      ) : (
        <Failure error={rule.error} retry={rule.reload} />
      )}
    </main>
  )
}

type Opened = 'edit' | 'enforce' | 'report' | 'pause' | 'remove' | null

function Detail({ rule, onChanged }: { rule: Rule; onChanged: () => void }) {
  const { route } = useLocation()
  const [opened, setOpened] = useState<Opened>(null)
  const [isRunning, setIsRunning] = useState(false)
  const { ruleId, settings } = rule
  const close = () => {
    setOpened(null)
    onChanged()
  }
  const run = async () => {
    setIsRunning(true)
    try {
      const { mode, chosen } = await api.runRule(ruleId)
      say(
        mode === 'report'
          ? `Reported: it would act on ${plural(chosen, 'stream')}. Nothing was changed.`
          : `It acts on ${plural(chosen, 'stream')}.`,
      )
    } catch (error) {
      sayError(error)
    }
    setIsRunning(false)
    onChanged()
  }
  return (
    <main class="page">
      <header class="page-head">
        <div class="page-title">
          <p class="crumbs">
            <a href="/rules">Rules</a>
          </p>
          <h1>
            <Name text={settings.name} /> <RuleModeStatus rule={rule} />
          </h1>
        </div>
        <div class="page-actions">
          <RuleButtons rule={rule} isRunning={isRunning} onRun={run} onOpen={setOpened} />
        </div>
      </header>
      <RuleState rule={rule} />
      <RuleFacts rule={rule} />
      <RuleRuns rule={rule} />
      {opened === 'edit' && <EditRuleDialog rule={rule} onClose={close} />}
      {opened === 'enforce' && <EnforceDialog rule={rule} onClose={close} />}
      {opened === 'report' && (
        <ReasonDialog
          title="Only report from now on"
          action="Report only"
          send={(reason) => api.reportRule(ruleId, { reason })}
          onClose={close}
        >
          <p>
            It goes on writing down what it would do, and does nothing else. What is still queued of
            its orders is cancelled.
          </p>
        </ReasonDialog>
      )}
      {opened === 'pause' && (
        <ReasonDialog
          title="Pause this rule"
          action="Pause rule"
          send={(reason) => api.pauseRule(ruleId, { reason })}
          onClose={close}
        >
          <p>It neither acts nor reports. What is still queued of its orders is cancelled.</p>
        </ReasonDialog>
      )}
      {opened === 'remove' && (
        <FormDialog
          title="Remove this rule"
          action="Remove rule"
          isDangerous
          send={() => api.removeRule(ruleId)}
          onClose={() => setOpened(null)}
          onSent={() => route('/rules')}
        >
          <p>
            It acts and reports no more. What is still queued of its orders is cancelled; they, and
            what its runs found, stay on record.
          </p>
        </FormDialog>
      )}
    </main>
  )
}

interface RuleButtonsProps {
  rule: Rule
  isRunning: boolean
  onRun: () => Promise<void>
  onOpen: (opened: Opened) => void
}

function RuleButtons({ rule, isRunning, onRun, onOpen }: RuleButtonsProps) {
  const { mode } = rule
  return (
    <>
      {may('rules.manage') && (
        <>
          <button type="button" class="button" onClick={() => onOpen('edit')}>
            Change…
          </button>
          <button type="button" class="button" onClick={() => onOpen('remove')}>
            Remove…
          </button>
          {mode !== 'report' && (
            <button type="button" class="button" onClick={() => onOpen('report')}>
              Report only…
            </button>
          )}
          {mode !== 'paused' && (
            <>
              <button type="button" class="button" onClick={() => onOpen('pause')}>
                Pause…
              </button>
              <button
                type="button"
                class="button"
                disabled={isRunning}
                onClick={() => void onRun()}
              >
                {mode === 'report' ? 'Report now' : 'Run now'}
              </button>
            </>
          )}
        </>
      )}
      {may('rules.enforce') && mode === 'report' && rule.reportedCount !== null && (
        <button type="button" class="button is-danger" onClick={() => onOpen('enforce')}>
          Let it act…
        </button>
      )}
    </>
  )
}

function RuleState({ rule }: { rule: Rule }) {
  if (rule.mode === 'paused') {
    return (
      <Notice tone="warn">
        Paused: <Name text={rule.pausedBecause} />
      </Notice>
    )
  }
  if (rule.mode === 'enforce') return null
  return (
    <Notice tone="info">
      {rule.reportedCount === null
        ? 'It has not reported yet. Let it report, and look at what it would do.'
        : `Its newest report would act on ${plural(rule.reportedCount, 'stream')}. It has changed nothing.`}
      {rule.approvalNeeded !== null &&
        ` Somebody else than ${rule.changedBy} must let it act: ${rule.approvalNeeded}.`}
    </Notice>
  )
}

function RuleFacts({ rule }: { rule: Rule }) {
  const { settings, enforcedBy, enforcedAt } = rule
  const { caps, schedule, onInventory } = settings
  const times = [
    schedule === null ? '' : `${schedule.cron} (${schedule.timeZone})`,
    onInventory ? 'as inventory arrives' : '',
  ].filter((text) => text !== '')
  return (
    <section class="panel">
      <Facts
        items={[
          ['Description', <Name key="text" text={settings.description} />],
          [
            'Query',
            <a key="query" href={`/streams?q=${encodeURIComponent(settings.query)}`}>
              <code>
                <Name text={settings.query} />
              </code>
            </a>,
          ],
          ['Action', `${RULE_ACTIONS[settings.action].does} the streams that match`],
          ['Runs', times.join(' and ') || 'only when somebody runs it'],
          ['Next run', rule.nextRunAt === null ? null : <Time key="next" at={rule.nextRunAt} />],
          [
            'Caps',
            `${plural(caps.perMachinePerDay, 'stream')} a day on one machine, ${plural(caps.perDay, 'stream')} a day; pauses itself above ${caps.stopAtFailedPercent} % failures`,
          ],
          ['Expires', <Time key="expires" at={settings.expiresAt} />],
          ['Owner', <Name key="owner" text={rule.owner} />],
          [
            'Changed',
            <span key="changed">
              <Time at={rule.changedAt} /> by <Name text={rule.changedBy} />
            </span>,
          ],
          [
            'Allowed to act',
            enforcedBy === null ? null : (
              <span key="enforced">
                <Time at={enforcedAt} /> by <Name text={enforcedBy} />
              </span>
            ),
          ],
        ]}
      />
    </section>
  )
}
