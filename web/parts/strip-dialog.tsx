/**
 * The last look before an order: exact numbers from central, why some are left out, a reason, and the
 * count typed by hand. Nothing is optimistic; the order's own page tells what became of it.
 */

import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { OrderPreview } from '../../server/protocol/api/orders.ts'
import { api, hasCode } from '../api.ts'
import { formatCount, plural } from '../model/format.ts'
import { Failure, Loading, Notice, Verdict } from './bits.tsx'
import { ConfirmFields, isConfirmed, isReason } from './confirm-fields.tsx'
import { Dialog } from './dialog.tsx'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'

interface StripDialogProps {
  streamIds: number[]
  onClose: () => void
}

export function StripDialog({ streamIds, onClose }: StripDialogProps) {
  const preview = useResource('preview', (abort) =>
    api.previewOrder({ action: 'strip', selection: { streamIds } }, abort),
  )
  return (
    <Dialog title="Strip streams" onClose={onClose}>
      {preview.value !== null ? (
        <StripForm preview={preview.value} onClose={onClose} onMismatch={preview.reload} />
      ) : preview.error !== null ? (
        <Failure error={preview.error} retry={preview.reload} />
      ) : (
        <Loading what="what an order would do" />
      )}
    </Dialog>
  )
}

/** What was frozen is no order any more: it has to be looked at again. */
const MOVED = ['COUNT_MISMATCH', 'PREVIEW_STALE', 'PREVIEW_NOT_FOUND', 'PREVIEW_USED']

interface StripFormProps {
  preview: OrderPreview
  onClose: () => void
  /** The numbers on screen are not central's any more. */
  onMismatch: () => void
}

function StripForm({ preview, onClose, onMismatch }: StripFormProps) {
  const { route } = useLocation()
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [failure, setFailure] = useState<unknown>(null)
  const [isSending, setIsSending] = useState(false)
  const { targetCount, machineCount } = preview

  const submit = async (event: Event) => {
    event.preventDefault()
    setIsSending(true)
    setFailure(null)
    try {
      const order = await api.createOrder({
        previewId: preview.previewId,
        confirmCount: targetCount,
        reason: reason.trim(),
      })
      onClose()
      route(`/orders/${order.orderId}`)
    } catch (error) {
      setFailure(error)
      setIsSending(false)
      if (MOVED.some((code) => hasCode(error, code))) {
        setTyped('')
        onMismatch()
      }
    }
  }

  const isReady = isReason(reason) && isConfirmed(typed, targetCount) && !isSending
  return (
    <form class="dialog-form" onSubmit={(event) => void submit(event)}>
      <PreviewNumbers preview={preview} />
      {targetCount > 0 && (
        <>
          <Warnings preview={preview} />
          <ConfirmFields
            count={targetCount}
            verb="strip"
            reason={reason}
            typed={typed}
            onReason={setReason}
            onTyped={setTyped}
          />
        </>
      )}
      {failure !== null && <Failure error={failure} retry={onMismatch} />}
      <footer>
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        {targetCount > 0 && (
          <button type="submit" class="button is-danger" disabled={!isReady}>
            Strip {plural(targetCount, 'stream')} on {plural(machineCount, 'machine')}
          </button>
        )}
      </footer>
    </form>
  )
}

function PreviewNumbers({ preview }: { preview: OrderPreview }) {
  const { targetCount, machineCount, offlineMachineCount, excluded } = preview
  return (
    <div class="preview">
      <p class="preview-lead">
        {targetCount === 0 ? (
          'None of the chosen streams can be stripped.'
        ) : (
          <>
            <strong>{plural(targetCount, 'stream')}</strong> on{' '}
            <strong>{plural(machineCount, 'machine')}</strong>.
            {offlineMachineCount > 0 &&
              ` ${plural(offlineMachineCount, 'machine')} offline: queued until ${offlineMachineCount === 1 ? 'it returns' : 'they return'}.`}
          </>
        )}
      </p>
      {preview.byVerdict.length > 0 && (
        <ul class="preview-verdicts">
          {preview.byVerdict.map(({ value, count }) => (
            <li key={value}>
              <Verdict verdict={value} /> <b>{formatCount(count)}</b>
            </li>
          ))}
        </ul>
      )}
      {excluded.length > 0 && (
        <>
          <p>Left out, nothing happens to them:</p>
          <ul class="preview-excluded">
            {excluded.map(({ reason, count }) => (
              <li key={reason}>
                <b>{formatCount(count)}</b> <Name text={reason} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

function Warnings({ preview }: { preview: OrderPreview }) {
  const countOf = (verdict: string) =>
    preview.byVerdict.find(({ value }) => value === verdict)?.count ?? 0
  const suspicious = countOf('suspicious')
  const keep = countOf('keep')
  return (
    <Notice tone="warn">
      <ul>
        {countOf('mark') > 0 && (
          <li>Removing a mark removes Windows’ download warning for that file, for every user.</li>
        )}
        {suspicious > 0 && (
          <li>
            {plural(suspicious, 'suspicious stream')}: look at the content first; it may be
            evidence.
          </li>
        )}
        {keep > 0 && <li>{plural(keep, 'stream')} hold data; what uses them may lose it.</li>}
        <li>Each machine keeps what it removes in quarantine, so that the order can be undone.</li>
      </ul>
    </Notice>
  )
}
