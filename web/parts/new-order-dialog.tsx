/** An order over all that a query finds: first the query and the action, then what exactly that is. */
import { useState } from 'preact/hooks'
import type { PreviewRequest } from '../../server/protocol/api/orders.ts'
import { Dialog } from './dialog.tsx'
import { OrderDialog } from './order-dialog.tsx'

type Action = 'strip' | 'reduce'

export function NewOrderDialog({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState('')
  const [action, setAction] = useState<Action>('strip')
  const [request, setRequest] = useState<PreviewRequest | null>(null)
  if (request !== null) return <OrderDialog request={request} onClose={onClose} />
  return (
    <Dialog title="New order" onClose={onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
          setRequest({ action, selection: { query: query.trim() } })
        }}
      >
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
        <label class="field">
          <span>Action</span>
          <select
            value={action}
            onChange={(event) => setAction(event.currentTarget.value as Action)}
          >
            <option value="strip">Strip: take the streams off</option>
            <option value="reduce">Reduce: keep of each mark only its zone</option>
          </select>
        </label>
        <footer>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button is-primary">
            Count and freeze
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
