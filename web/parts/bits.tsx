/** The smallest pieces: a time, a verdict, a state, a notice. */
import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { VerdictName } from '../../server/protocol/stream.ts'
import { messageOf } from '../api.ts'
import { exactTime, relativeTime } from '../model/format.ts'

/** Ticks so that relative times stay true. */
const now = signal(Date.now())
setInterval(() => {
  now.value = Date.now()
}, 15_000)

export function Time({ at }: { at: string | null }) {
  if (at === null) return <span class="faint">never</span>
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, Math.max(now.value, Date.now()))}
    </time>
  )
}

export const VERDICTS: Record<VerdictName, { label: string; meaning: string }> = {
  suspicious: { label: 'Suspicious', meaning: 'look at it' },
  mark: { label: 'Mark', meaning: 'a Mark of the Web' },
  keep: { label: 'Keep', meaning: 'holds data; losing it does damage' },
  harmless: { label: 'Harmless', meaning: 'known, can go' },
  unknown: { label: 'Unknown', meaning: 'nothing is known about it' },
}

export function Verdict({ verdict }: { verdict: VerdictName }) {
  const { label, meaning } = VERDICTS[verdict]
  return (
    <span class={`verdict is-${verdict}`} title={meaning}>
      {label}
    </span>
  )
}

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'off'

/** A dot and a word; the word alone says it. */
export function Status({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`status is-${tone}`}>{children}</span>
}

/** A message in the page, where it belongs. */
export function Notice(props: {
  tone: 'error' | 'warn' | 'info'
  children: ComponentChildren
  action?: ComponentChildren
}) {
  return (
    <div class={`notice is-${props.tone}`} role={props.tone === 'error' ? 'alert' : undefined}>
      <div>{props.children}</div>
      {props.action}
    </div>
  )
}

export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <Notice
      tone="error"
      action={
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      }
    >
      {messageOf(error)}
    </Notice>
  )
}

/** Shown late by its style: an answer within a moment never flashes it. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what}…
    </p>
  )
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** Label and value pairs; pairs without a value are left out. */
export function Facts({ items }: { items: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {items
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
