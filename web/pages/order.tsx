/** One order: how far it is, what became of each stream on each machine, and what may be done with it. */
import { useLocation, useRoute } from 'preact-iso'
import type { Order } from '../../server/protocol/api/orders.ts'
import { api, isNotThere, orderExportUrl } from '../api.ts'
import { formatCount, plural } from '../model/format.ts'
import { ACTIONS, markLines, namedBy } from '../model/order-state.ts'
import { Empty, Facts, Failure, Loading, Notice, Time } from '../parts/bits.tsx'
import { useLive, useResource, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'
import { OrderDeeds } from '../parts/order-deeds.tsx'
import { OrderMachines } from '../parts/order-machines.tsx'
import { OrderBar, STATES } from '../parts/order-progress.tsx'
import { OrderTargets } from '../parts/order-targets.tsx'
import { OrderState } from './orders.tsx'

export function OrderPage() {
  const { params } = useRoute()
  const id = params.id ?? ''
  const order = useResource(id, (abort) => api.order(id, abort))
  useLive((event) => event.type === 'order.changed' && event.orderId === id, order.reload, 500)
  useTitle(order.value === null ? 'Order' : `${ACTIONS[order.value.action].label} order`)
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
  const isByMachine = query.by === 'machine'
  return (
    <main class="page is-full">
      <header class="page-head">
        <div class="page-title">
          <p class="crumbs">
            <a href="/orders">Orders</a>
          </p>
          <h1>
            {ACTIONS[order.action].label} {plural(order.targetCount, namedBy(order.action))} on{' '}
            {plural(order.machineCount, 'machine')} <OrderState order={order} />
          </h1>
        </div>
        <div class="page-actions">
          <OrderDeeds order={order} onChanged={onChanged} />
        </div>
      </header>
      <OrderNotices order={order} />
      <OrderFacts order={order} />
      <OrderBar order={order} />
      <Drilling order={order} chosen={isByMachine ? null : (query.state ?? '')} />
      {isByMachine ? (
        <OrderMachines order={order} />
      ) : (
        <OrderTargets order={order} state={query.state ?? ''} />
      )}
    </main>
  )
}

function OrderNotices({ order }: { order: Order }) {
  const { state, approval, paused } = order
  return (
    <>
      {state === 'awaiting-approval' && (
        <Notice tone="warn">
          Nothing is done until somebody else than{' '}
          <Name text={[order.createdBy, ...order.writers].join(', ')} /> approves it:{' '}
          <Name text={approval.neededBecause ?? ''} />
        </Notice>
      )}
      {paused !== null && (
        <Notice tone="warn">
          Paused by <Name text={paused.by} /> <Time at={paused.at} />: <Name text={paused.reason} />
        </Notice>
      )}
    </>
  )
}

/** The orders that undo this one, as far as they are among the recent: orders only point back. */
function useUndoOrders({ orderId, action, counts }: Order): Order[] {
  const mayBeUndone = action !== 'restore' && (counts.done ?? 0) > 0
  const recent = useResource(mayBeUndone ? orderId : null, (abort) =>
    api.orders({ cursor: null, limit: 200 }, abort),
  )
  useLive((event) => event.type === 'order.changed', recent.reload)
  return recent.value?.orders.filter(({ undoes }) => undoes === orderId) ?? []
}

function OrderFacts({ order }: { order: Order }) {
  const { approval, progress } = order
  const undoOrders = useUndoOrders(order)
  const linkTo = (orderId: string, text: string) => (
    <a key={orderId} href={`/orders/${orderId}`}>
      {text}
    </a>
  )
  return (
    <div class="order-facts">
      <Facts
        items={[
          ['Reason', <Name key="reason" text={order.reason} />],
          ['Ordered by', <Name key="by" text={order.createdBy} />],
          ['Created', <Time key="created" at={order.createdAt} />],
          ['Finished', order.finishedAt === null ? null : <Time key="end" at={order.finishedAt} />],
          [
            order.state === 'rejected' ? 'Rejected by' : 'Approved by',
            approval.by === null ? null : (
              <span key="approval">
                <Name text={approval.by} /> <Time at={approval.at} />:{' '}
                <Name text={approval.reason} />
              </span>
            ),
          ],
          [
            'The mark says',
            order.origin === null ? null : (
              <Name key="origin" text={markLines(order.origin).join(', ')} />
            ),
          ],
          ['Query', order.query === null ? null : <Name key="query" text={order.query} />],
          [
            'Step',
            progress.stepCount > 1
              ? `${progress.step} of ${progress.stepCount}, ${progress.stepName}: ${formatCount(progress.finishedMachines)} of ${formatCount(progress.releasedMachines)} machines finished`
              : null,
          ],
          ['Undoes', order.undoes === null ? null : linkTo(order.undoes, 'the order before')],
          [
            'Tries again',
            order.retries === null ? null : linkTo(order.retries, 'the order before'),
          ],
          [
            'Undone by',
            undoOrders.length === 0
              ? null
              : undoOrders.map(({ orderId, action }) =>
                  linkTo(orderId, `a ${ACTIONS[action].label.toLowerCase()} order `),
                ),
          ],
          [
            'Undo until',
            order.undoUntil === null ? null : <Time key="undo" at={order.undoUntil} />,
          ],
          [
            'Export',
            <a key="export" href={orderExportUrl(order.orderId, 'csv')} download>
              CSV
            </a>,
          ],
        ]}
      />
    </div>
  )
}

/** `chosen`: the state whose streams are listed, empty for all; null: machines are. */
function Drilling({ order, chosen }: { order: Order; chosen: string | null }) {
  const place = `/orders/${order.orderId}`
  const shown = STATES.filter(([state]) => (order.counts[state] ?? 0) > 0 || state === chosen)
  const current = (isCurrent: boolean) => (isCurrent ? 'true' : undefined)
  return (
    <nav class="filters" aria-label="Show streams that are">
      <a class="filter-link" href={place} aria-current={current(chosen === '')}>
        All <b>{formatCount(order.targetCount)}</b>
      </a>
      {shown.map(([state, label, meaning]) => (
        <a
          key={state}
          class={`filter-link is-${state}`}
          title={meaning}
          href={`${place}?state=${state}`}
          aria-current={current(chosen === state)}
        >
          {label} <b>{formatCount(order.counts[state] ?? 0)}</b>
        </a>
      ))}
      <a class="filter-link" href={`${place}?by=machine`} aria-current={current(chosen === null)}>
        By machine <b>{formatCount(order.machineCount)}</b>
      </a>
    </nav>
  )
}
