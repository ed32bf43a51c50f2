/** A mark on the files that an order stripped: what it says first, then what exactly is frozen. */
import { useState } from 'preact/hooks'
import type { Order, PreviewRequest } from '../../server/protocol/api/orders.ts'
import { plural } from '../model/format.ts'
import { Dialog } from './dialog.tsx'
import { FROM_INTERNET, MarkFields } from './mark-fields.tsx'
import { OrderDialog } from './order-dialog.tsx'

export function MarkDialog({ order, onClose }: { order: Order; onClose: () => void }) {
  const [origin, setOrigin] = useState(FROM_INTERNET)
  const [request, setRequest] = useState<PreviewRequest | null>(null)
  if (request !== null) return <OrderDialog request={request} onClose={onClose} />
  return (
    <Dialog title="Mark files again" onClose={onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
          setRequest({ action: 'mark', selection: { doneOf: order.orderId }, origin })
        }}
      >
        <p>
          This order took {plural(order.counts.done ?? 0, 'stream')}. Files that lost their mark by
          it get a new one that says only what stands here; to get back exactly what was there, undo
          the order instead. A file that has a mark by then is left as it is.
        </p>
        <MarkFields origin={origin} onChange={setOrigin} />
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
