/** What every order asks for: why, and the number of streams typed by hand. */
import { useEffect, useRef } from 'preact/hooks'
import { formatCount } from '../model/format.ts'

/** The schema's bounds for an order's reason. */
const MIN_REASON = 3
const MAX_REASON = 1_024

interface ConfirmFieldsProps {
  count: number
  /** `strip`, `put back`. */
  verb: string
  /** What is counted; streams if absent. */
  named?: 'file' | 'stream'
  reason: string
  typed: string
  onReason: (reason: string) => void
  onTyped: (typed: string) => void
}

export function ConfirmFields(props: ConfirmFieldsProps) {
  const reasonRef = useRef<HTMLTextAreaElement>(null)
  // After the dialog around it has opened, which gives the focus to its first button.
  useEffect(() => void setTimeout(() => reasonRef.current?.focus()), [])
  const isWrong = props.typed.trim() !== '' && !isConfirmed(props.typed, props.count)
  return (
    <>
      <label class="field">
        <span>Reason, kept in the audit log</span>
        <textarea
          ref={reasonRef}
          rows={2}
          required
          minLength={MIN_REASON}
          maxLength={MAX_REASON}
          value={props.reason}
          onInput={(event) => props.onReason(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>
          To confirm, type how many {props.named ?? 'stream'}s to {props.verb}:{' '}
          <strong>{formatCount(props.count)}</strong>
        </span>
        <input
          class="is-count"
          inputMode="numeric"
          autoComplete="off"
          value={props.typed}
          aria-invalid={isWrong}
          onInput={(event) => props.onTyped(event.currentTarget.value)}
        />
        {isWrong && <span class="field-error">That is not {formatCount(props.count)}.</span>}
      </label>
    </>
  )
}

/** Digits with or without the separators that we print. */
export function isConfirmed(typed: string, count: number): boolean {
  const text = typed.trim()
  return text === String(count) || text === formatCount(count)
}

export function isReason(reason: string): boolean {
  return reason.trim().length >= MIN_REASON
}
