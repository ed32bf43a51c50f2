/** What a machine keeps of streams that were taken off it: asked of its agent, when somebody wants to see it. */
import { useState } from 'preact/hooks'
import type { QuarantinedStream } from '../../server/protocol/quarantine.ts'
import { api } from '../api.ts'
import { formatBytes, plural } from '../model/format.ts'
import { may } from '../session.ts'
import { Failure, Loading, Status, Time } from './bits.tsx'
import { usePagedList } from './hooks.ts'
import { Name, Path } from './name.tsx'

interface QuarantinePanelProps {
  machineId: string
  isOnline: boolean
}

export function QuarantinePanel({ machineId, isOnline }: QuarantinePanelProps) {
  const [isOpen, setIsOpen] = useState(false)
  if (!may('machines.ask')) return null
  return (
    <details
      class="panel quarantine"
      open={isOpen}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary>
        <h2>Quarantine</h2> <span class="faint">removed streams that can be put back</span>
      </summary>
      {isOpen &&
        (isOnline ? (
          <Entries machineId={machineId} />
        ) : (
          <p>The machine is offline: what it keeps can only be asked of it.</p>
        ))}
    </details>
  )
}

function Entries({ machineId }: { machineId: string }) {
  const [kept, setKept] = useState<{ entries: number; bytes: number } | null>(null)
  const list = usePagedList<QuarantinedStream>(
    `quarantine ${machineId}`,
    async (cursor, limit, abort) => {
      const page = await api.quarantine(machineId, { cursor, limit }, abort)
      setKept({ entries: page.keptEntries, bytes: page.keptBytes })
      return { rows: page.entries, cursor: page.cursor, total: null }
    },
  )
  const { rows, phase, error, cursor } = list.state.value
  if (phase === 'first') return <Loading what="quarantine" />
  if (phase === 'failed') return <Failure error={error} retry={() => list.reload()} />
  if (rows.length === 0) return <p>Nothing was taken off this machine.</p>
  return (
    <>
      {kept !== null && (
        <p class="faint">
          {plural(kept.entries, 'stream')} kept, {formatBytes(kept.bytes)}. They are put back by
          undoing their order.
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div class="quarantine-table" tabIndex={0}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col">Carrier</th>
              <th scope="col">Size</th>
              <th scope="col">Kept</th>
              <th scope="col">State</th>
              <th scope="col">Order</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((entry) => (
              <tr key={entry.targetId}>
                <td>
                  <Name text={entry.stream} />
                </td>
                <td>
                  <Path path={entry.path} />
                </td>
                <td>{formatBytes(entry.sizeBytes)}</td>
                <td>
                  <Time at={entry.keptAt} />
                </td>
                <td>
                  <EntryState entry={entry} />
                </td>
                <td>
                  <a href={`/orders/${encodeURIComponent(entry.orderId)}`}>
                    <Name text={entry.reason} />
                  </a>{' '}
                  <span class="faint">
                    by <Name text={entry.orderedBy} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {cursor !== null && (
        <button type="button" class="button" onClick={() => list.loadMore()}>
          Show more
        </button>
      )}
    </>
  )
}

function EntryState({ entry }: { entry: QuarantinedStream }) {
  if (entry.restoredAt !== null) return <Status tone="off">put back</Status>
  if (entry.prunedAt !== null) return <Status tone="warn">bytes gone by age or size</Status>
  if (entry.outcome === null) return <Status tone="busy">interrupted</Status>
  return <Status tone="good">kept</Status>
}
