/** What a rule's runs found: what it did, or would have done. */
import type { Rule, RuleRun } from '../../server/protocol/api/rules.ts'
import { api } from '../api.ts'
import { formatCount, plural } from '../model/format.ts'
import { Empty, Failure, Loading, Status, Time } from './bits.tsx'
import { useLive, useResource } from './hooks.ts'
import { Name } from './name.tsx'

const SHOWN_RUNS = 20

const TRIGGERS: Record<RuleRun['trigger'], string> = {
  schedule: 'by schedule',
  inventory: 'as inventory arrived',
  person: 'by hand',
}

export function RuleRuns({ rule }: { rule: Rule }) {
  const id = String(rule.ruleId)
  const results = useResource(id, (abort) =>
    api.ruleResults(id, { cursor: null, limit: SHOWN_RUNS }, abort),
  )
  useLive((event) => event.type === 'rule.changed' && event.ruleId === rule.ruleId, results.reload)
  const runs = results.value?.runs ?? []
  return (
    <section class="panel rule-runs">
      <h2>Runs</h2>
      {results.error !== null && <Failure error={results.error} retry={results.reload} />}
      {results.value === null && results.error === null && <Loading what="runs" />}
      {results.value !== null && runs.length === 0 && <Empty title="It has not run yet" />}
      {runs.map((run, index) => (
        <Run key={run.runId} run={run} isOpen={index === 0} />
      ))}
    </section>
  )
}

function Run({ run, isOpen }: { run: RuleRun; isOpen: boolean }) {
  const { mode, chosen, matched, machineCount, heldBack, sample, orderId, error } = run
  return (
    <details class="rule-run" open={isOpen}>
      <summary>
        <Time at={run.at} /> <span class="faint">{TRIGGERS[run.trigger]}</span>{' '}
        {error !== '' ? (
          <Status tone="bad">did not end well</Status>
        ) : mode === 'report' ? (
          <Status tone="busy">
            would act on {plural(chosen, 'stream')} on {plural(machineCount, 'machine')}
          </Status>
        ) : (
          <Status tone="good">
            acted on {plural(chosen, 'stream')} on {plural(machineCount, 'machine')}
          </Status>
        )}
        {!run.isCurrent && <span class="faint"> before the rule was changed</span>}
      </summary>
      {error !== '' && (
        <p class="field-error">
          <Name text={error} />
        </p>
      )}
      <p>
        {plural(matched, 'stream')} matched.
        {orderId !== null && (
          <>
            {' '}
            <a href={`/orders/${orderId}`}>See its order.</a>
          </>
        )}
      </p>
      {heldBack.length > 0 && (
        <ul class="preview-excluded">
          {heldBack.map(({ reason, count }) => (
            <li key={reason}>
              <b>{formatCount(count)}</b> left out: <Name text={reason} />
            </li>
          ))}
        </ul>
      )}
      {sample.length > 0 && (
        <table class="table">
          <caption class="faint">
            {sample.length < chosen
              ? `The first ${formatCount(sample.length)} of them`
              : 'They are'}
          </caption>
          <thead>
            <tr>
              <th scope="col">Machine</th>
              <th scope="col">Carrier</th>
              <th scope="col">Stream</th>
            </tr>
          </thead>
          <tbody>
            {sample.map(({ streamId, hostname, path, stream }) => (
              <tr key={streamId}>
                <td>
                  <Name text={hostname} />
                </td>
                <td>
                  <a href={`/streams/${streamId}`}>
                    <Name text={path} />
                  </a>
                </td>
                <td>
                  <Name text={stream} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  )
}
