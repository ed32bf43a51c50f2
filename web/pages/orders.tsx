import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Order } from '../../server/protocol/api/orders.ts'
import { api } from '../api.ts'
import { formatCount } from '../model/format.ts'
import { ACTIONS, ORDER_STATES } from '../model/order-state.ts'
import { Empty, Failure, Loading, Status, Time } from '../parts/bits.tsx'
import { type Column, Grid } from '../parts/grid.tsx'
import { useLive, usePagedList, useTitle } from '../parts/hooks.ts'
import { Name } from '../parts/name.tsx'
import { NewOrderDialog } from '../parts/new-order-dialog.tsx'
import { OrderBar } from '../parts/order-progress.tsx'
import { may } from '../session.ts'

export function OrderState({ order }: { order: Order }) {
  const { label, tone } = ORDER_STATES[order.state]
  return <Status tone={tone}>{label}</Status>
}

const columns: readonly Column<Order>[] = [
  {
    id: 'action',
    label: 'Order',
    width: '84px',
    cell: (order) => (
      <a href={`/orders/${order.orderId}`} tabIndex={-1}>
        {ACTIONS[order.action].label}
      </a>
    ),
  },
  { id: 'state', label: 'State', width: '128px', cell: (order) => <OrderState order={order} /> },
  {
    id: 'progress',
    label: 'Progress',
    width: 'minmax(120px, 1.2fr)',
    cell: (order) => <OrderBar order={order} />,
  },
  {
    id: 'done',
    label: 'Done',
    width: '72px',
    isNumber: true,
    cell: (order) => formatCount(order.counts.done ?? 0),
  },
  {
    id: 'targets',
    label: 'Streams',
    width: '80px',
    isNumber: true,
    cell: (order) => formatCount(order.targetCount),
  },
  {
    id: 'machines',
    label: 'Machines',
    width: '84px',
    isNumber: true,
    cell: (order) => formatCount(order.machineCount),
  },
  {
    id: 'reason',
    label: 'Reason',
    width: 'minmax(160px, 2.4fr)',
    cell: (order) => <Name text={order.reason} isTitled />,
  },
  {
    id: 'by',
    label: 'By',
    width: 'minmax(80px, 0.7fr)',
    cell: (order) => <Name text={order.createdBy} isTitled />,
  },
  {
    id: 'created',
    label: 'Created',
    width: '130px',
    cell: (order) => <Time at={order.createdAt} />,
  },
]

const rowKey = (order: Order): string => order.orderId

export function OrdersPage() {
  useTitle('Orders')
  const { route } = useLocation()
  const [isOrdering, setIsOrdering] = useState(false)
  const list = usePagedList<Order>('orders', async (cursor, limit, abort) => {
    const page = await api.orders({ cursor, limit }, abort)
    return { rows: page.orders, cursor: page.cursor, total: null }
  })
  useLive(
    (event) => event.type === 'order.changed',
    () => list.refresh(),
  )
  const { rows, phase, error } = list.state.value
  return (
    <main class="page is-full">
      <header class="page-head">
        <h1>Orders</h1>
        <div class="page-actions">
          {may('orders.create') && (
            <button type="button" class="button" onClick={() => setIsOrdering(true)}>
              New order…
            </button>
          )}
        </div>
      </header>
      <Grid
        label="Orders"
        listKey="orders"
        columns={columns}
        rows={rows}
        rowKey={rowKey}
        total={null}
        onOpen={(order) => route(`/orders/${order.orderId}`)}
        onNearEnd={() => list.loadMore()}
      >
        {phase === 'first' && <Loading what="orders" />}
        {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
        {phase === 'idle' && rows.length === 0 && (
          <Empty title="No orders yet">
            <p>
              Nothing has ever been removed through this central. Choose streams in a{' '}
              <a href="/streams">search</a> to strip them.
            </p>
          </Empty>
        )}
      </Grid>
      {isOrdering && <NewOrderDialog onClose={() => setIsOrdering(false)} />}
    </main>
  )
}
