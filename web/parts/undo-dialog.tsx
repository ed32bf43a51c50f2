/** Puts back what a strip order took away, as an order of its own. */

import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Order } from '../../server/protocol/api/orders.ts'
import { ApiError, api } from '../api.ts'
import { plural } from '../model/format.ts'
import { Failure } from './bits.tsx'
import { ConfirmFields, isConfirmed, isReason } from './confirm-fields.tsx'
import { Dialog } from './dialog.tsx'

interface UndoDialogProps {
  order: Order
  /** As far as this page knows; central has the last word. */
  undoableCount: number
  onClose: () => void
}

export function UndoDialog({ order, undoableCount, onClose }: UndoDialogProps) {
  const { route } = useLocation()
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [failure, setFailure] = useState<unknown>(null)
  const [isSending, setIsSending] = useState(false)
  const [count, setCount] = useState(undoableCount)

  const send = async () => {
    setIsSending(true)
    setFailure(null)
    try {
      const undo = await api.undoOrder(order.orderId, {
        confirmCount: count,
        reason: reason.trim(),
      })
      onClose()
      route(`/orders/${undo.orderId}`)
    } catch (error) {
      setFailure(error)
      const actual = countFrom(error)
      if (actual !== null) setCount(actual)
      setIsSending(false)
    }
  }
  const isReady = isReason(reason) && isConfirmed(typed, count) && !isSending
  return (
    <Dialog title="Undo this order" onClose={onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <p class="preview-lead">
          Each machine puts back, byte for byte, what it removed:{' '}
          <strong>{plural(count, 'stream')}</strong>.
        </p>
        <p class="faint">
          Where a carrier is gone or has been replaced, or the stream exists again, nothing is
          touched and the receipt says so. Offline machines do it when they return.
        </p>
        <ConfirmFields
          count={count}
          verb="put back"
          reason={reason}
          typed={typed}
          onReason={setReason}
          onTyped={setTyped}
        />
        {failure !== null && <Failure error={failure} retry={() => void send()} />}
        <footer>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button is-primary" disabled={!isReady}>
            Put back {plural(count, 'stream')}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

/** What a refusal for a wrong count says the right one is. */
function countFrom(error: unknown): number | null {
  if (!(error instanceof ApiError) || error.code !== 'COUNT_MISMATCH') return null
  const details = error.details as { targetCount?: unknown } | undefined
  return typeof details?.targetCount === 'number' ? details.targetCount : null
}
