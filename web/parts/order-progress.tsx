/** How far an order is: one bar, and one count per state. */
import { formatCount } from '../model/format.ts'

/** In the order in which an admin wants to know. Each outcome in plain words. */
export const STATES: readonly (readonly [string, string, string])[] = [
  ['done', 'Done', 'done, and checked afterwards'],
  ['failed', 'Failed', 'something went wrong; see the reason'],
  ['denied', 'Denied', 'the machine refused access; nothing was touched'],
  ['refused', 'Refused', 'against the agent’s rules; nothing was touched'],
  ['in-use', 'In use', 'another program had it open; nothing was touched'],
  ['changed', 'Changed', 'not what was ordered any more; nothing was touched'],
  ['gone', 'Gone', 'it was not there any more'],
  ['sent', 'Sent', 'the machine has it; no receipt yet'],
  ['queued', 'Queued', 'waits until its machine is online'],
  ['cancelled', 'Cancelled', 'never sent'],
  ['expired', 'Expired', 'not sent in time'],
]

export function stateLabel(state: string): string {
  return STATES.find(([value]) => value === state)?.[1] ?? state
}

export function stateMeaning(state: string): string {
  return STATES.find(([value]) => value === state)?.[2] ?? ''
}

export function StateLabel({ state }: { state: string }) {
  return (
    <span class={`outcome is-${state}`} title={stateMeaning(state)}>
      {stateLabel(state)}
    </span>
  )
}

export function OrderBar({ order }: { order: { counts: Record<string, number> } }) {
  const parts = STATES.filter(([state]) => (order.counts[state] ?? 0) > 0)
  const text = parts.map(([state, label]) => `${label} ${formatCount(order.counts[state] ?? 0)}`)
  return (
    <div class="order-bar" role="img" aria-label={text.join(', ')} title={text.join(', ')}>
      {parts.map(([state]) => (
        <span
          key={state}
          class={`is-${state}`}
          style={{ flexGrow: String(order.counts[state] ?? 0) }}
        />
      ))}
    </div>
  )
}
