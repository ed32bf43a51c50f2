/** An order machine by machine. */
import type { OrderMachineRow } from '../../server/protocol/api/order-targets.ts'
import type { Order } from '../../server/protocol/api/orders.ts'
import { api } from '../api.ts'
import { formatCount } from '../model/format.ts'
import { Empty, Failure, Loading, Status } from './bits.tsx'
import { type Column, Grid } from './grid.tsx'
import { useLive, usePagedList } from './hooks.ts'
import { Name } from './name.tsx'
import { OrderBar } from './order-progress.tsx'

const columns: readonly Column<OrderMachineRow>[] = [
  {
    id: 'machine',
    label: 'Machine',
    width: 'minmax(140px, 1.4fr)',
    cell: (row) => (
      <a href={`/machines/${row.machineId}`} tabIndex={-1}>
        <Name text={row.hostname} isTitled />
      </a>
    ),
  },
  {
    id: 'online',
    label: 'Now',
    width: '100px',
    cell: ({ isOnline }) =>
      isOnline ? <Status tone="good">online</Status> : <Status tone="off">offline</Status>,
  },
  {
    id: 'step',
    label: 'Its step',
    width: '110px',
    cell: ({ isReleased }) => (isReleased ? 'has begun' : 'not yet'),
  },
  {
    id: 'progress',
    label: 'Progress',
    width: 'minmax(160px, 2fr)',
    cell: (row) => <OrderBar order={row} />,
  },
  {
    id: 'done',
    label: 'Done',
    width: '80px',
    isNumber: true,
    cell: ({ counts }) => formatCount(counts.done ?? 0),
  },
  {
    id: 'targets',
    label: 'Streams',
    width: '80px',
    isNumber: true,
    cell: ({ targetCount }) => formatCount(targetCount),
  },
]

const rowKey = (row: OrderMachineRow): string => row.machineId

export function OrderMachines({ order }: { order: Order }) {
  const { orderId, machineCount } = order
  const list = usePagedList<OrderMachineRow>(
    `${orderId} machines`,
    async (cursor, limit, abort) => {
      const page = await api.orderMachines(orderId, { cursor, limit }, abort)
      return { rows: page.machines, cursor: page.cursor, total: null }
    },
  )
  useLive(
    (event) => event.type === 'order.changed' && event.orderId === orderId,
    () => list.refresh(),
  )
  const { rows, phase, error } = list.state.value
  return (
    <Grid
      label="Machines of this order"
      listKey={`${orderId} machines`}
      columns={columns}
      rows={rows}
      rowKey={rowKey}
      total={machineCount}
      onNearEnd={() => list.loadMore()}
    >
      {phase === 'first' && <Loading what="machines" />}
      {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
      {phase === 'idle' && rows.length === 0 && <Empty title="No machines" />}
    </Grid>
  )
}
