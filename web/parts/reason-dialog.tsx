/** Asks why, and does it. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { FormDialog } from './form-dialog.tsx'

interface ReasonDialogProps {
  title: string
  action: string
  send: (reason: string) => Promise<unknown>
  onClose: () => void
  /** What will happen. */
  children: ComponentChildren
}

export function ReasonDialog({ send, children, ...rest }: ReasonDialogProps) {
  const [reason, setReason] = useState('')
  const ref = useRef<HTMLTextAreaElement>(null)
  // After the dialog has opened, which gives the focus to its first button.
  useEffect(() => void setTimeout(() => ref.current?.focus()), [])
  return (
    <FormDialog {...rest} send={() => send(reason.trim())}>
      {children}
      <label class="field">
        <span>Reason, kept in the audit log</span>
        <textarea
          ref={ref}
          rows={2}
          required
          minLength={3}
          maxLength={1_024}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
    </FormDialog>
  )
}
