/** Short messages about what was just done, read out politely, gone by themselves. */
import { signal } from '@preact/signals'
import { messageOf } from '../api.ts'

interface Toast {
  id: number
  text: string
  isError: boolean
}

const SHOWN_MS = 6_000
const toasts = signal<readonly Toast[]>([])
let nextId = 1

function show(text: string, isError: boolean): void {
  const id = nextId++
  toasts.value = [...toasts.value, { id, text, isError }]
  setTimeout(() => dismiss(id), isError ? 2 * SHOWN_MS : SHOWN_MS)
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

export const say = (text: string): void => show(text, false)
export const sayError = (error: unknown): void => show(messageOf(error), true)

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.isError ? 'is-error' : ''}`}>
          <span>{toast.text}</span>
          <button
            type="button"
            class="button is-quiet"
            aria-label="Dismiss"
            onClick={() => dismiss(toast.id)}
          >
            ×
          </button>
        </div>
      ))}
    </div>
  )
}
