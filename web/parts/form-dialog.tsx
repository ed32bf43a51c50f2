/** A dialog around a form that asks central once: the button waits, a refusal stays in sight, success closes. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Failure } from './bits.tsx'
import { Dialog } from './dialog.tsx'

interface FormDialogProps {
  title: string
  /** On the button that sends: says what it does. */
  action: string
  isDangerous?: boolean
  /** False: what must be typed was not typed yet. */
  isReady?: boolean
  send: () => Promise<unknown>
  onClose: () => void
  /** After central took it; `onClose` if left out. */
  onSent?: () => void
  children: ComponentChildren
}

export function FormDialog({
  title,
  action,
  isDangerous = false,
  isReady = true,
  send,
  onClose,
  onSent = onClose,
  children,
}: FormDialogProps) {
  const [failure, setFailure] = useState<unknown>(null)
  const [isSending, setIsSending] = useState(false)
  const submit = async () => {
    setIsSending(true)
    setFailure(null)
    try {
      await send()
      onSent()
    } catch (error) {
      setFailure(error)
      setIsSending(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {children}
        {failure !== null && <Failure error={failure} retry={() => void submit()} />}
        <footer>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class={`button ${isDangerous ? 'is-danger' : 'is-primary'}`}
            disabled={isSending || !isReady}
          >
            {action}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
