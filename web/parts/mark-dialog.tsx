/** A mark on the files that an order stripped: what it says. */
import { useState } from 'preact/hooks'
import type { Order } from '../../server/protocol/api/orders.ts'
import { plural } from '../model/format.ts'
import { FROM_INTERNET, MarkFields } from './mark-fields.tsx'
import { PreviewDialog } from './preview-dialog.tsx'

export function MarkDialog({ order, onClose }: { order: Order; onClose: () => void }) {
  const [origin, setOrigin] = useState(FROM_INTERNET)
  return (
    <PreviewDialog
      title="Mark files again"
      requested={() => ({ action: 'mark', selection: { doneOf: order.orderId }, origin })}
      onClose={onClose}
    >
      <p>
        This order took {plural(order.counts.done ?? 0, 'stream')}. Files that lost their mark by it
        get a new one that says only what stands here; to get back exactly what was there, undo the
        order instead. A file that has a mark by then is left as it is.
      </p>
      <MarkFields origin={origin} onChange={setOrigin} />
    </PreviewDialog>
  )
}
