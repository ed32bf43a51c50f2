/**
 * The last look before an order: exactly what central has frozen, why some is left out, a reason, and the count typed by
 * hand. Nothing is optimistic; the order's own page tells what became of it.
 */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { OrderPreview } from '../../server/protocol/api/order-previews.ts'
import type { PreviewRequest } from '../../server/protocol/api/preview-requests.ts'
import { api, hasCode } from '../api.ts'
import { formatCount, plural } from '../model/format.ts'
import { ACTIONS, namedBy } from '../model/order-state.ts'
import { Failure, Loading, Notice } from './bits.tsx'
import { ConfirmFields, isConfirmed, isReason } from './confirm-fields.tsx'
import { Dialog } from './dialog.tsx'
import { ALL_AT_ONCE, PlanFields } from './plan-fields.tsx'
import { PreviewNumbers } from './preview-numbers.tsx'
import { type Previewing, usePreview } from './use-preview.ts'

interface OrderDialogProps {
  request: PreviewRequest
  onClose: () => void
}

export function OrderDialog({ request, onClose }: OrderDialogProps) {
  const previewing = usePreview(request)
  const { preview, error, again } = previewing
  return (
    <Dialog
      title={`${ACTIONS[request.action].label} ${namedBy(request.action)}s`}
      onClose={onClose}
    >
      {error !== null ? (
        <Failure error={error} retry={again} />
      ) : preview === null ? (
        <Loading what="what an order would do" />
      ) : preview.state === 'counting' ? (
        <p role="status">
          Counting: {formatCount(preview.counted)} {namedBy(request.action)}s so far…
        </p>
      ) : preview.state === 'failed' ? (
        <Failure error={new Error(preview.error)} retry={again} />
      ) : (
        <OrderForm preview={preview} previewing={previewing} onClose={onClose} />
      )}
    </Dialog>
  )
}

/** The preview is not what there is any more; counting again shows what changed. */
const OUTDATED = ['COUNT_MISMATCH', 'PREVIEW_STALE', 'PREVIEW_NOT_FOUND', 'PREVIEW_USED']

interface OrderFormProps {
  preview: OrderPreview
  previewing: Previewing
  onClose: () => void
}

function OrderForm({ preview, previewing, onClose }: OrderFormProps) {
  const { route } = useLocation()
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [plan, setPlan] = useState(ALL_AT_ONCE)
  const [failure, setFailure] = useState<unknown>(null)
  const [isSending, setIsSending] = useState(false)
  const { previewId, action, targetCount, machineCount } = preview
  const { verb, label } = ACTIONS[action]

  const submit = async (event: Event) => {
    event.preventDefault()
    setIsSending(true)
    setFailure(null)
    try {
      const confirmed = { confirmCount: targetCount, reason: reason.trim() }
      const order = await api.createOrder({ previewId, ...confirmed, plan })
      previewing.keep()
      onClose()
      route(`/orders/${order.orderId}`)
    } catch (error) {
      setFailure(error)
      setIsSending(false)
    }
  }

  const isOutdated = OUTDATED.some((code) => hasCode(failure, code))
  const isReady = isReason(reason) && isConfirmed(typed, targetCount) && !isSending && !isOutdated
  return (
    <form class="dialog-form" onSubmit={(event) => void submit(event)}>
      <PreviewNumbers preview={preview} />
      {targetCount > 0 && (
        <>
          <PlanFields plan={plan} machineCount={machineCount} onChange={setPlan} />
          <ConfirmFields
            count={targetCount}
            verb={verb}
            named={namedBy(action)}
            reason={reason}
            typed={typed}
            onReason={setReason}
            onTyped={setTyped}
          />
        </>
      )}
      {failure !== null && !isOutdated && (
        <Failure error={failure} retry={() => setFailure(null)} />
      )}
      {isOutdated && (
        <Notice
          tone="error"
          action={
            <button type="button" class="button" onClick={previewing.again}>
              Count again
            </button>
          }
        >
          What was counted is not what there is any more. Nothing was ordered.
        </Notice>
      )}
      <footer>
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        {targetCount > 0 && (
          <button type="submit" class="button is-danger" disabled={!isReady}>
            {preview.approvalNeeded === null ? label : `Ask to ${verb}`}{' '}
            {plural(targetCount, namedBy(action))} on {plural(machineCount, 'machine')}
          </button>
        )}
      </footer>
    </form>
  )
}
