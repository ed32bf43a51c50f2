/** An order over all that a query finds, or over the files that an order stripped: what, and how. */
import { useState } from 'preact/hooks'
import type { Order } from '../../server/protocol/api/orders.ts'
import type { PreviewRequest } from '../../server/protocol/api/preview-requests.ts'
import { api } from '../api.ts'
import { plural } from '../model/format.ts'
import { Failure } from './bits.tsx'
import { useResource } from './hooks.ts'
import { FROM_INTERNET, MarkFields } from './mark-fields.tsx'
import { PreviewDialog } from './preview-dialog.tsx'

type Action = PreviewRequest['action']

export function NewOrderDialog({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState('')
  const [action, setAction] = useState<Action>('strip')
  const [doneOf, setDoneOf] = useState('')
  const [origin, setOrigin] = useState(FROM_INTERNET)
  const requested = (): PreviewRequest =>
    action === 'mark'
      ? { action, selection: { doneOf: doneOf as Order['orderId'] }, origin }
      : { action, selection: { query: query.trim() } }
  return (
    <PreviewDialog title="New order" requested={requested} onClose={onClose}>
      {action === 'mark' ? (
        <StrippedBy orderId={doneOf} onChange={setDoneOf} />
      ) : (
        <label class="field">
          <span>Query: everything that it finds now</span>
          <input
            required
            maxLength={4_096}
            spellcheck={false}
            placeholder="zone:3 host:deploy.example.com ext:exe"
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
        </label>
      )}
      <label class="field">
        <span>Action</span>
        <select value={action} onChange={(event) => setAction(event.currentTarget.value as Action)}>
          <option value="strip">Strip: take the streams off</option>
          <option value="reduce">Reduce: keep of each mark only its zone</option>
          <option value="mark">Mark: write a mark on files that an order stripped</option>
        </select>
      </label>
      {action === 'mark' && <MarkFields origin={origin} onChange={setOrigin} />}
    </PreviewDialog>
  )
}

const RECENT = 200

/** Central knows files without streams only by the orders that took them. */
function StrippedBy(props: { orderId: string; onChange: (orderId: string) => void }) {
  const recent = useResource('strip orders', (abort) =>
    api.orders({ cursor: null, limit: RECENT }, abort),
  )
  const orders = recent.value?.orders ?? []
  const strips = orders.filter(({ action, counts }) => action === 'strip' && (counts.done ?? 0) > 0)
  if (recent.error !== null) return <Failure error={recent.error} retry={recent.reload} />
  return (
    <label class="field">
      <span>Files that lost their mark by</span>
      <select
        required
        value={props.orderId}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        <option value="">
          {recent.value !== null && strips.length === 0
            ? 'No order has stripped anything'
            : 'Choose a strip order'}
        </option>
        {strips.map(({ orderId, counts, reason, createdAt }) => (
          <option key={orderId} value={orderId}>
            {plural(counts.done ?? 0, 'stream')}, {createdAt.slice(0, 10)}: {reason.slice(0, 80)}
          </option>
        ))}
      </select>
    </label>
  )
}
