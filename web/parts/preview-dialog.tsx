/** First what an order is about; then, in its place, what exactly is counted and frozen. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { PreviewRequest } from '../../server/protocol/api/preview-requests.ts'
import { FormDialog } from './form-dialog.tsx'
import { OrderDialog } from './order-dialog.tsx'

interface PreviewDialogProps {
  title: string
  /** What to freeze; asked when the form is sent, and so valid. */
  requested: () => PreviewRequest
  onClose: () => void
  /** The form's fields. */
  children: ComponentChildren
}

export function PreviewDialog({ title, requested, onClose, children }: PreviewDialogProps) {
  const [request, setRequest] = useState<PreviewRequest | null>(null)
  if (request !== null) return <OrderDialog request={request} onClose={onClose} />
  return (
    <FormDialog
      title={title}
      action="Count and freeze"
      send={async () => setRequest(requested())}
      onSent={() => {}}
      onClose={onClose}
    >
      {children}
    </FormDialog>
  )
}
