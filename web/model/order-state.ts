/** An order's states and what may be done in each; central has the last word. */
import type { Order } from '../../server/protocol/api/orders.ts'
import type { MarkOrigin } from '../../server/protocol/order.ts'

type State = Order['state']

export const ACTIONS: Record<Order['action'], { label: string; verb: string }> = {
  strip: { label: 'Strip', verb: 'strip' },
  restore: { label: 'Restore', verb: 'put back' },
  reduce: { label: 'Reduce', verb: 'reduce' },
  mark: { label: 'Mark', verb: 'mark' },
}

export const ORDER_STATES: Record<
  State,
  { label: string; tone: 'good' | 'bad' | 'warn' | 'busy' | 'off' }
> = {
  'awaiting-approval': { label: 'awaits approval', tone: 'warn' },
  canary: { label: 'canary', tone: 'busy' },
  running: { label: 'running', tone: 'busy' },
  paused: { label: 'paused', tone: 'warn' },
  finished: { label: 'finished', tone: 'off' },
  cancelled: { label: 'cancelled', tone: 'off' },
  rejected: { label: 'rejected', tone: 'off' },
  expired: { label: 'expired', tone: 'warn' },
}

/** What its targets are called: a mark is written where there is no stream yet. */
export function namedBy(action: Order['action']): 'file' | 'stream' {
  return action === 'mark' ? 'file' : 'stream'
}

/** What a mark says, line by line. */
export function markLines({ zoneId, referrerUrl, hostUrl }: MarkOrigin): string[] {
  return [
    `ZoneId=${zoneId}`,
    ...(referrerUrl === undefined ? [] : [`ReferrerUrl=${referrerUrl}`]),
    ...(hostUrl === undefined ? [] : [`HostUrl=${hostUrl}`]),
  ]
}

export type OrderDeed =
  | 'approve'
  | 'reject'
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'retry'
  | 'mark'
  | 'undo'

const GOING: readonly State[] = ['canary', 'running']

/** What could be done next, by whom its permissions allow it. */
export function deedsOf(
  order: Order,
  who: { username: string; mayCreate: boolean; mayApprove: boolean },
): Set<OrderDeed> {
  const { state, createdBy, writers } = order
  const deeds = new Set<OrderDeed>()
  const isOwn = createdBy === who.username
  if (state === 'awaiting-approval') {
    if (who.mayApprove && !isOwn && !writers.includes(who.username)) deeds.add('approve')
    if (who.mayApprove || (isOwn && who.mayCreate)) deeds.add('reject')
  }
  if (!who.mayCreate) return deeds
  if (GOING.includes(state)) deeds.add('pause')
  if (state === 'paused') deeds.add('resume')
  if (GOING.includes(state) || state === 'paused') deeds.add('cancel')
  if (order.retryableCount > 0) deeds.add('retry')
  if (order.action === 'strip' && (order.counts.done ?? 0) > 0) deeds.add('mark')
  if (order.undoableCount > 0) deeds.add('undo')
  return deeds
}

/** What a refusal for a wrong count says the right one is. */
export function countFrom(details: unknown): number | null {
  const { targetCount } = (details ?? {}) as { targetCount?: unknown }
  return typeof targetCount === 'number' ? targetCount : null
}
