/** Strips chosen streams: the order dialog over exactly these. */
import { useState } from 'preact/hooks'
import type { PreviewRequest } from '../../server/protocol/api/preview-requests.ts'
import { OrderDialog } from './order-dialog.tsx'

interface StripDialogProps {
  streamIds: number[]
  onClose: () => void
}

export function StripDialog({ streamIds, onClose }: StripDialogProps) {
  // What was chosen when the dialog opened stays what it is about.
  const [request] = useState<PreviewRequest>({ action: 'strip', selection: { streamIds } })
  return <OrderDialog request={request} onClose={onClose} />
}
