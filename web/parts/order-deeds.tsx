/** What may be done with an order now: a button for each, and the dialog that says what it will do. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Order } from '../../server/protocol/api/orders.ts'
import { api } from '../api.ts'
import { formatCount, plural } from '../model/format.ts'
import { ACTIONS, deedsOf, type OrderDeed } from '../model/order-state.ts'
import { may, session } from '../session.ts'
import { type ConfirmedDeed, ConfirmOrderDialog } from './confirm-order-dialog.tsx'
import { MarkDialog } from './mark-dialog.tsx'
import { ReasonDialog } from './reason-dialog.tsx'

type ReasonedDeed = Exclude<OrderDeed, ConfirmedDeed | 'mark'>

const REASONED: Record<ReasonedDeed, { title: string; action: string }> = {
  reject: { title: 'Reject this order', action: 'Reject order' },
  pause: { title: 'Pause this order', action: 'Pause order' },
  resume: { title: 'Go on with this order', action: 'Go on' },
  cancel: { title: 'Cancel what is left', action: 'Cancel what is left' },
}

export function OrderDeeds({ order, onChanged }: { order: Order; onChanged: () => void }) {
  const { route } = useLocation()
  const [opened, setOpened] = useState<OrderDeed | null>(null)
  const deeds = deedsOf(order, {
    username: session.value?.username ?? '',
    mayCreate: may('orders.create'),
    mayApprove: may('orders.approve'),
  })
  const close = () => {
    setOpened(null)
    onChanged()
  }
  return (
    <>
      {[...deeds].map((deed) => (
        <button
          key={deed}
          type="button"
          class={`button ${deed === 'approve' ? 'is-danger' : ''}`}
          onClick={() => setOpened(deed)}
        >
          {labelOf(deed, order)}
        </button>
      ))}
      {opened === 'mark' && <MarkDialog order={order} onClose={close} />}
      {opened !== null && isConfirmedDeed(opened) && (
        <ConfirmOrderDialog
          order={order}
          deed={opened}
          onClose={close}
          onDone={(made) => {
            close()
            if (made.orderId !== order.orderId) route(`/orders/${made.orderId}`)
          }}
        />
      )}
      {opened !== null && opened !== 'mark' && !isConfirmedDeed(opened) && (
        <ReasonDialog
          {...REASONED[opened]}
          send={(reason) => api.decideOrder(order.orderId, opened, { reason })}
          onClose={close}
        >
          <p>{saysOf(opened, order)}</p>
        </ReasonDialog>
      )}
    </>
  )
}

function isConfirmedDeed(deed: OrderDeed): deed is ConfirmedDeed {
  return deed === 'approve' || deed === 'undo' || deed === 'retry'
}

function labelOf(deed: OrderDeed, order: Order): string {
  switch (deed) {
    case 'approve':
      return 'Approve…'
    case 'reject':
      return 'Reject…'
    case 'pause':
      return 'Pause…'
    case 'resume':
      return 'Go on…'
    case 'cancel':
      return `Cancel ${formatCount(order.counts.queued ?? 0)} queued…`
    case 'retry':
      return `Try ${plural(order.retryableCount, 'stream')} again…`
    case 'mark':
      return 'Mark these files again…'
    case 'undo':
      return order.action === 'mark'
        ? `Undo: take off ${plural(order.undoableCount, 'mark')}…`
        : `Undo: put back ${plural(order.undoableCount, 'stream')}…`
  }
}

function saysOf(deed: ReasonedDeed, { counts, action, targetCount, progress }: Order): string {
  const queued = plural(counts.queued ?? 0, 'stream')
  switch (deed) {
    case 'reject':
      return `Nothing of it will be done: ${plural(targetCount, 'stream')} stay as they are.`
    case 'pause':
      return `Nothing more is sent, not even again. ${queued} wait; what a machine has already been sent, it may still do.`
    case 'resume':
      return `It goes on to ${ACTIONS[action].verb} ${queued}. So far ${progress.failedPercent} % of its receipts are failures; going on accepts them.`
    case 'cancel':
      return `${queued} that were not sent yet stay as they are. What was sent or done is not taken back; undo does that.`
  }
}
