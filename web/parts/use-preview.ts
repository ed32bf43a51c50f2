/** A preview from asking to frozen: asked once, followed while central counts, forgotten when nobody orders it. */
import { useEffect, useState } from 'preact/hooks'
import type { OrderPreview } from '../../server/protocol/api/order-previews.ts'
import type { PreviewRequest } from '../../server/protocol/api/preview-requests.ts'
import { api } from '../api.ts'

/** How long one answer may wait for the counting. */
const WAIT_MS = 2_000

export interface Previewing {
  preview: OrderPreview | null
  error: unknown
  /** Counts anew: what was frozen is not what there is any more. */
  again: () => void
  /** An order was made of it: there is nothing to forget. */
  keep: () => void
}

export function usePreview(request: PreviewRequest): Previewing {
  const [turn, setTurn] = useState(0)
  const [preview, setPreview] = useState<OrderPreview | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [kept] = useState({ isKept: false })

  useEffect(() => {
    let isOver = false
    let previewId: string | null = null
    const follow = async () => {
      let latest = await api.previewOrder(request, WAIT_MS)
      previewId = latest.previewId
      while (!isOver) {
        setPreview(latest)
        if (latest.state !== 'counting') return
        latest = await api.preview(latest.previewId, WAIT_MS)
      }
      forget()
    }
    const forget = () => {
      if (previewId !== null && !kept.isKept) {
        api.forgetPreview(previewId).catch(() => undefined)
      }
    }
    setPreview(null)
    setError(null)
    follow().catch((cause: unknown) => !isOver && setError(cause))
    return () => {
      isOver = true
      forget()
    }
    // One request a dialog; another turn asks it again.
  }, [turn])

  return {
    preview,
    error,
    again: () => setTurn((count) => count + 1),
    keep: () => {
      kept.isKept = true
    },
  }
}
