/** One order: how far it is, what became of each stream, and how to stop or undo it. */

import { useState } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import type { Order } from '../../server/protocol/api/orders.ts'
import { api, isNotThere } from '../api.ts'
import { formatCount, plural } from '../model/format.ts'
import { Empty, Facts, Failure, Loading, Time } from '../parts/bits.tsx'
import { useLive, useResource, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'
import { OrderBar, STATES } from '../parts/order-progress.tsx'
import { OrderTargets } from '../parts/order-targets.tsx'
import { say, sayError } from '../parts/toasts.tsx'
import { UndoDialog } from '../parts/undo-dialog.tsx'
import { may } from '../session.ts'
import { ACTIONS, OrderState } from './orders.tsx'

export function OrderPage() {
  const { params } = useRoute()
  const id = params.id ?? ''
  const order = useResource(id, (abort) => api.order(id, abort))
  useLive((event) => event.type === 'order.changed' && event.orderId === id, order.reload, 500)
  useTitle(order.value === null ? 'Order' : `${ACTIONS[order.value.action]} order`)
  if (order.value !== null) return <Detail order={order.value} onChanged={order.reload} />
  return (
    <main class="page">
      {order.error === null ? (
        <Loading what="order" />
      ) : isNotThere(order.error) ? (
        <Empty title="No such order">
          <p>
            <a href="/orders">See all orders.</a>
          </p>
        </Empty>
      ) : (
        <Failure error={order.error} retry={order.reload} />
      )}
    </main>
  )
}

function Detail({ order, onChanged }: { order: Order; onChanged: () => void }) {
  const { query } = useLocation()
  const [isUndoing, setIsUndoing] = useState(false)
  const queued = order.counts.queued ?? 0
  const undoOrders = useUndoOrders(order)
  const { undoableCount: undoable } = order

  const cancel = async () => {
    try {
      await api.cancelOrder(order.orderId)
      say('Cancelled what had not been sent yet.')
    } catch (error) {
      sayError(error)
    }
    onChanged()
  }
  return (
    <main class="page is-full">
      <header class="page-head">
        <div class="page-title">
          <p class="crumbs">
            <a href="/orders">Orders</a>
          </p>
          <h1>
            {ACTIONS[order.action]} {plural(order.targetCount, 'stream')} on{' '}
            {plural(order.machineCount, 'machine')} <OrderState order={order} />
          </h1>
        </div>
        <div class="page-actions">
          {may('orders.create') && queued > 0 && (
            <button type="button" class="button" onClick={() => void cancel()}>
              Cancel {formatCount(queued)} queued
            </button>
          )}
          {may('orders.create') && undoable > 0 && (
            <button type="button" class="button" onClick={() => setIsUndoing(true)}>
              Undo: put back {plural(undoable, 'stream')}…
            </button>
          )}
        </div>
      </header>
      <OrderFacts order={order} undoOrders={undoOrders} />
      <OrderBar order={order} />
      <StateFilter order={order} chosen={query.state ?? ''} />
      <OrderTargets order={order} state={query.state ?? ''} />
      {isUndoing && (
        <UndoDialog order={order} undoableCount={undoable} onClose={() => setIsUndoing(false)} />
      )}
    </main>
  )
}

/** The orders that undo this one, as far as they are among the recent: orders only point back. */
function useUndoOrders(order: Order): Order[] {
  const isUndoable = order.action === 'strip' && (order.counts.done ?? 0) > 0
  const recent = useResource(isUndoable ? order.orderId : null, (abort) =>
    api.orders({ cursor: null, limit: 200 }, abort),
  )
  useLive((event) => event.type === 'order.changed', recent.reload)
  return recent.value?.orders.filter(({ undoes }) => undoes === order.orderId) ?? []
}

function OrderFacts({ order, undoOrders }: { order: Order; undoOrders: readonly Order[] }) {
  return (
    <div class="order-facts">
      <Facts
        items={[
          ['Reason', <Name key="reason" text={order.reason} />],
          ['Ordered by', <Name key="by" text={order.createdBy} />],
          ['Created', <Time key="created" at={order.createdAt} />],
          ['Finished', order.finishedAt === null ? null : <Time key="end" at={order.finishedAt} />],
          [
            'Undoes',
            order.undoes === null ? null : (
              <a key="undoes" href={`/orders/${order.undoes}`}>
                the strip order
              </a>
            ),
          ],
          [
            'Undone by',
            undoOrders.length === 0
              ? null
              : undoOrders.map(({ orderId, createdAt }) => (
                  <a key={orderId} href={`/orders/${orderId}`}>
                    a restore order, <Time at={createdAt} />{' '}
                  </a>
                )),
          ],
        ]}
      />
    </div>
  )
}

function StateFilter({ order, chosen }: { order: Order; chosen: string }) {
  const shown = STATES.filter(([state]) => (order.counts[state] ?? 0) > 0 || state === chosen)
  return (
    <nav class="filters" aria-label="Show streams that are">
      <a
        class="filter-link"
        href={`/orders/${order.orderId}`}
        aria-current={chosen === '' ? 'true' : undefined}
      >
        All <b>{formatCount(order.targetCount)}</b>
      </a>
      {shown.map(([state, label, meaning]) => (
        <a
          key={state}
          class={`filter-link is-${state}`}
          title={meaning}
          href={`/orders/${order.orderId}?state=${state}`}
          aria-current={chosen === state ? 'true' : undefined}
        >
          {label} <b>{formatCount(order.counts[state] ?? 0)}</b>
        </a>
      ))}
    </nav>
  )
}
