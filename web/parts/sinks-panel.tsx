/** Where central tells of notable events: webhooks and syslog, with what waits for them. */
import { useState } from 'preact/hooks'
import type { Sink } from '../../server/protocol/api/sinks.ts'
import { api } from '../api.ts'
import { formatCount } from '../model/format.ts'
import { Failure, Loading, Status, Time } from './bits.tsx'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'
import { SinkDialog } from './sink-dialog.tsx'
import { say, sayError } from './toasts.tsx'

export function SinksPanel() {
  const sinks = useResource('sinks', (abort) => api.sinks(abort))
  const [isAdding, setIsAdding] = useState(false)
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Sinks</h2>
        <button type="button" class="button is-small" onClick={() => setIsAdding(true)}>
          Add sink…
        </button>
      </div>
      <p class="faint">Notable events go to these, each at least once, from a queue on disk.</p>
      {sinks.error !== null && <Failure error={sinks.error} retry={sinks.reload} />}
      {sinks.value === null && sinks.error === null && <Loading what="sinks" />}
      {sinks.value !== null &&
        (sinks.value.sinks.length === 0 ? (
          <p>Nobody is told.</p>
        ) : (
          <SinkTable sinks={sinks.value.sinks} onChanged={sinks.reload} />
        ))}
      {isAdding && (
        <SinkDialog
          onClose={() => setIsAdding(false)}
          onSaved={() => {
            setIsAdding(false)
            sinks.reload()
          }}
        />
      )}
    </section>
  )
}

function SinkTable({ sinks, onChanged }: { sinks: readonly Sink[]; onChanged: () => void }) {
  const test = (sinkId: number) =>
    api.testSink(sinkId).then(() => {
      say('A test event is on its way.')
      onChanged()
    }, sayError)
  const remove = (sinkId: number) => api.removeSink(sinkId).then(onChanged, sayError)
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">To</th>
          <th scope="col">Events</th>
          <th scope="col">Waiting</th>
          <th scope="col">Dropped</th>
          <th scope="col">Last taken</th>
          <th scope="col">State</th>
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sinks.map((sink) => (
          <tr key={sink.sinkId}>
            <td>
              <Name text={sink.settings.name} />
            </td>
            <td>
              <Name text={addressOf(sink)} />
            </td>
            <td>{sink.settings.kinds.join(', ')}</td>
            <td>{formatCount(sink.queueLength)}</td>
            <td>{formatCount(sink.droppedCount)}</td>
            <td>
              <Time at={sink.lastDeliveredAt} />
            </td>
            <td>
              <SinkState sink={sink} />
            </td>
            <td class="table-actions">
              <button type="button" class="button is-small" onClick={() => void test(sink.sinkId)}>
                Test
              </button>
              <button
                type="button"
                class="button is-small"
                onClick={() => void remove(sink.sinkId)}
              >
                Remove
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function addressOf({ settings }: Sink): string {
  return settings.kind === 'webhook'
    ? settings.url
    : `syslog over ${settings.transport} to ${settings.host}:${settings.port}`
}

function SinkState({ sink }: { sink: Sink }) {
  if (!sink.settings.isEnabled) return <Status tone="off">off</Status>
  if (sink.lastError === '') return <Status tone="good">working</Status>
  return (
    <>
      <Status tone="bad">failing</Status> <Name text={sink.lastError} />
    </>
  )
}
