/** What happened on one machine: streams that came and went, and what people and the machine itself did. */
import { exactTerm } from '../../server/streams/query/write-term.ts'
import { api } from '../api.ts'
import { formatCount } from '../model/format.ts'
import { streamsUrl } from '../model/query-text.ts'
import { may } from '../session.ts'
import { detailsText } from './audit-columns.tsx'
import { Failure, Loading, Time } from './bits.tsx'
import { useLive, useResource } from './hooks.ts'
import { Name } from './name.tsx'

const PERIODS = [
  ['1d', 'a day'],
  ['7d', 'a week'],
  ['30d', '30 days'],
] as const

const ENTRIES = 20

export function MachineHistory({ machineId }: { machineId: string }) {
  return (
    <section class="panel">
      <h2>What happened</h2>
      <ComingAndGoing machineId={machineId} />
      {may('audit.read') && <Deeds machineId={machineId} />}
    </section>
  )
}

function ComingAndGoing({ machineId }: { machineId: string }) {
  const machine = exactTerm('machine', machineId)
  const queries = PERIODS.flatMap(([period]) => [
    `${machine} first:<${period}`,
    `${machine} gone:<${period}`,
  ])
  const counts = useResource(`history ${machineId}`, (abort) =>
    Promise.all(queries.map((q) => api.streams({ q, gone: false, cursor: null, limit: 1 }, abort))),
  )
  useLive(
    (event) => event.type === 'inventory.changed' && event.machineId === machineId,
    counts.reload,
    3_000,
  )
  if (counts.error !== null) return <Failure error={counts.error} retry={counts.reload} />
  const cell = (index: number) => {
    const page = counts.value?.[index]
    return (
      <td>
        <a href={streamsUrl(queries[index] ?? '')}>
          {page === undefined ? '…' : `${page.totalIsExact ? '' : '≥ '}${formatCount(page.total)}`}
        </a>
      </td>
    )
  }
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Streams</th>
          {PERIODS.map(([period, label]) => (
            <th scope="col" key={period}>
              within {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">first seen</th>
          {PERIODS.map((_, index) => cell(2 * index))}
        </tr>
        <tr>
          <th scope="row">gone</th>
          {PERIODS.map((_, index) => cell(2 * index + 1))}
        </tr>
      </tbody>
    </table>
  )
}

function Deeds({ machineId }: { machineId: string }) {
  const deeds = useResource(`deeds ${machineId}`, (abort) =>
    api.audit({ about: machineId, cursor: null, limit: ENTRIES }, abort),
  )
  useLive(
    (event) => event.type === 'machine.changed' && event.machineId === machineId,
    deeds.reload,
    3_000,
  )
  if (deeds.value === null) {
    return deeds.error === null ? (
      <Loading what="log" />
    ) : (
      <Failure error={deeds.error} retry={deeds.reload} />
    )
  }
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ol class="timeline" tabIndex={0} aria-label="Recorded about this machine">
        {deeds.value.entries.map((entry) => (
          <li key={entry.auditId}>
            <Time at={entry.at} /> <strong>{entry.action}</strong> by{' '}
            {entry.actor === `machine:${machineId}` ? 'the machine' : <Name text={entry.actor} />}{' '}
            <span class="faint">
              <Name text={detailsText(entry.details)} />
            </span>
          </li>
        ))}
      </ol>
      {deeds.value.cursor !== null && (
        <p>
          <a href={`/audit?about=${machineId}`}>All of it, in the audit log</a>
        </p>
      )}
    </>
  )
}
