/** Orders of a central as text for people. */
import type { OrderPreview } from '../protocol/api/order-previews.ts'
import type { OrderMachineRow } from '../protocol/api/order-targets.ts'
import type { Order } from '../protocol/api/orders.ts'
import { displayName } from '../streams/display-name.ts'
import { counted, humanCount, humanSize } from './human.ts'
import type { RowColumns } from './row-listing.ts'

export const ORDER_COLUMNS: RowColumns<Order> = {
  order: ({ orderId }) => orderId,
  action: ({ action }) => action,
  state: ({ state }) => state,
  targets: ({ targetCount }) => targetCount,
  machines: ({ machineCount }) => machineCount,
  receipts: ({ counts }) => countsText(counts),
  'created by': ({ createdBy }) => createdBy,
  'created at': ({ createdAt }) => createdAt,
  reason: ({ reason }) => reason,
}

export const MACHINE_COLUMNS: RowColumns<OrderMachineRow> = {
  machine: ({ hostname }) => hostname,
  online: ({ isOnline }) => (isOnline ? 'yes' : 'no'),
  released: ({ isReleased }) => (isReleased ? 'yes' : 'not yet'),
  targets: ({ targetCount }) => targetCount,
  receipts: ({ counts }) => countsText(counts),
}

export const PREVIEW_COLUMNS: RowColumns<OrderPreview> = {
  preview: ({ previewId }) => previewId,
  action: ({ action }) => action,
  state: ({ state }) => state,
  targets: ({ targetCount }) => targetCount,
  machines: ({ machineCount }) => machineCount,
  offline: ({ offlineMachineCount }) => offlineMachineCount,
  bytes: ({ totalBytes }) => totalBytes,
  'approval needed': ({ approvalNeeded }) => approvalNeeded,
  digest: ({ digest }) => digest,
}

export function countsText(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([state, count]) => `${humanCount(count)} ${state}`)
  return parts.join(', ')
}

export function previewText(preview: OrderPreview): string {
  const { action, targetCount, machineCount, offlineMachineCount, totalBytes } = preview
  const offline =
    offlineMachineCount === 0 ? '' : `, ${humanCount(offlineMachineCount)} of them off`
  const lines = [
    `${action}: ${counted(targetCount, 'target')} on ${counted(machineCount, 'machine')}${offline}, ${humanSize(BigInt(totalBytes))}`,
    ...bucketLines('machines', preview.byMachine, ({ hostname }) => hostname),
    ...bucketLines('verdicts', preview.byVerdict, ({ value }) => value),
    ...bucketLines('extensions', preview.byExtension, ({ value }) => value || '(none)'),
    ...bucketLines('origins', preview.byOrigin, ({ value }) => value ?? '(none)'),
    ...preview.excluded.map(
      ({ reason, count }) => `not in it: ${humanCount(count)}, ${displayName(reason)}`,
    ),
    ...preview.warnings.map(
      ({ text, count }) => `warning: ${displayName(text)} (${humanCount(count)})`,
    ),
  ]
  if (preview.approvalNeeded !== null) {
    lines.push(`somebody else must approve it: ${displayName(preview.approvalNeeded)}`)
  }
  lines.push(`frozen until ${preview.expiresAt}, SHA-256 of the targets ${preview.digest}`)
  if (targetCount === 0) lines.push('nothing to order: no stream that it means may be named')
  else {
    const { previewId } = preview
    lines.push(
      `order it: sidestream order create ${previewId} --confirm ${targetCount} --reason "…"`,
    )
  }
  return `${lines.join('\n')}\n`
}

function bucketLines<Bucket extends { count: number }>(
  what: string,
  buckets: readonly Bucket[],
  nameOf: (bucket: Bucket) => string,
): string[] {
  if (buckets.length === 0) return []
  const parts = buckets.map(
    (bucket) => `${displayName(nameOf(bucket))} ${humanCount(bucket.count)}`,
  )
  return [`${what}: ${parts.join(', ')}`]
}

export function orderText(order: Order): string {
  const { orderId, action, state, createdBy, createdAt, reason, approval, paused, progress } = order
  const lines = [
    `order ${orderId}: ${action}, ${state}`,
    `${counted(order.targetCount, 'target')} on ${counted(order.machineCount, 'machine')}: ${countsText(order.counts)}`,
    `created by ${displayName(createdBy)} at ${createdAt}: ${displayName(reason)}`,
  ]
  if (order.query !== null) lines.push(`query: ${displayName(order.query)}`)
  if (order.undoes !== null) lines.push(`undoes ${order.undoes}`)
  if (order.retries !== null) lines.push(`names targets of ${order.retries} again`)
  if (approval.neededBecause !== null) lines.push(approvalLine(order))
  if (progress.stepCount > 1) {
    lines.push(
      `step ${progress.step} of ${progress.stepCount}, ${displayName(progress.stepName)}: ${counted(progress.finishedMachines, 'machine')} finished of ${humanCount(progress.releasedMachines)} released`,
    )
  }
  if (paused !== null) {
    lines.push(`paused by ${displayName(paused.by)} at ${paused.at}: ${displayName(paused.reason)}`)
  }
  if (order.retryableCount > 0) {
    lines.push(
      `try again: sidestream order retry ${orderId} --confirm ${order.retryableCount} --reason "…"`,
    )
  }
  if (order.undoableCount > 0) {
    const until = order.undoUntil === null ? '' : `, until ${order.undoUntil} at the latest`
    lines.push(
      `undo: sidestream order undo ${orderId} --confirm ${order.undoableCount} --reason "…"${until}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function approvalLine({ orderId, state, approval, targetCount }: Order): string {
  const { by, at, reason, neededBecause } = approval
  if (by !== null) {
    const what = state === 'rejected' ? 'rejected' : 'approved'
    return `${what} by ${displayName(by)} at ${at}: ${displayName(reason)}`
  }
  return `somebody else must approve it (${displayName(neededBecause ?? '')}): sidestream order approve ${orderId} --confirm ${targetCount} --reason "…"`
}
