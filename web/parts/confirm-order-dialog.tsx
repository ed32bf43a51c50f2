/** Approves, undoes or repeats an order: says what and how many, and takes that number typed by hand, and why. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Order } from '../../server/protocol/api/orders.ts'
import { ApiError, api } from '../api.ts'
import { plural } from '../model/format.ts'
import { ACTIONS, countFrom, namedBy } from '../model/order-state.ts'
import { ConfirmFields, isConfirmed, isReason } from './confirm-fields.tsx'
import { FormDialog } from './form-dialog.tsx'

export type ConfirmedDeed = 'approve' | 'undo' | 'retry'

interface ConfirmOrderDialogProps {
  order: Order
  deed: ConfirmedDeed
  onClose: () => void
  /** With the order that was approved, or that was made. */
  onDone: (order: Order) => void
}

export function ConfirmOrderDialog({ order, deed, onClose, onDone }: ConfirmOrderDialogProps) {
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [count, setCount] = useState(countOf(order, deed))
  const { title, verb, action, says } = WORDS[deed](order, count)
  const send = async () => {
    const body = { confirmCount: count, reason: reason.trim() }
    try {
      onDone(await api.confirmOrder(order.orderId, deed, body))
    } catch (error) {
      const isOther = error instanceof ApiError && error.code === 'COUNT_MISMATCH'
      setCount((isOther ? countFrom(error.details) : null) ?? count)
      throw error
    }
  }
  return (
    <FormDialog
      title={title}
      action={action}
      isDangerous={deed !== 'undo'}
      isReady={isReason(reason) && isConfirmed(typed, count)}
      send={send}
      onClose={onClose}
      // Where to go is told with the order.
      onSent={() => undefined}
    >
      {says}
      <ConfirmFields
        count={count}
        verb={verb}
        reason={reason}
        typed={typed}
        onReason={setReason}
        onTyped={setTyped}
      />
    </FormDialog>
  )
}

function countOf(order: Order, deed: ConfirmedDeed): number {
  if (deed === 'undo') return order.undoableCount
  return deed === 'retry' ? order.retryableCount : order.targetCount
}

interface Words {
  title: string
  verb: string
  action: string
  says: ComponentChildren
}

const WORDS: Record<ConfirmedDeed, (order: Order, count: number) => Words> = {
  approve: ({ action, createdBy, machineCount }, count) => ({
    title: 'Approve this order',
    verb: `let ${createdBy} ${ACTIONS[action].verb}`,
    action: `Approve: ${ACTIONS[action].verb} ${plural(count, namedBy(action))}`,
    says: (
      <p class="preview-lead">
        It will {ACTIONS[action].verb} <strong>{plural(count, namedBy(action))}</strong> on{' '}
        <strong>{plural(machineCount, 'machine')}</strong>: exactly those listed on its page.
      </p>
    ),
  }),
  undo: ({ action }, count) => ({
    title: 'Undo this order',
    verb: action === 'mark' ? 'take off' : 'put back',
    action: `${action === 'mark' ? 'Take off' : 'Put back'} ${plural(count, 'stream')}`,
    says: (
      <>
        <p class="preview-lead">
          {action === 'mark'
            ? 'Each machine takes off exactly the mark that it wrote: '
            : 'Each machine puts back, byte for byte, what it removed: '}
          <strong>{plural(count, 'stream')}</strong>.
        </p>
        <p class="faint">
          Where a carrier is gone or has been replaced, or the stream exists again, nothing is
          touched and the receipt says so. Offline machines do it when they return.
        </p>
      </>
    ),
  }),
  retry: ({ action }, count) => ({
    title: 'Try again',
    verb: `${ACTIONS[action].verb}, once more,`,
    action: `Try again: ${ACTIONS[action].verb} ${plural(count, namedBy(action))}`,
    says: (
      <p class="preview-lead">
        A new order names again what failed, was in use or was denied:{' '}
        <strong>{plural(count, namedBy(action))}</strong>. Each is checked again before anything is
        done. It goes out by this order’s plan. Where nobody has approved this one, it may need a
        second person.
      </p>
    ),
  }),
}
