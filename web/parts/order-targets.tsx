/** The receipts of an order, one row a stream. */
import type { OrderTargetRow } from '../../server/protocol/api/order-targets.ts'
import type { Order } from '../../server/protocol/api/orders.ts'
import { api } from '../api.ts'
import { formatBytes } from '../model/format.ts'
import { Empty, Failure, Loading, Time } from './bits.tsx'
import { type Column, Grid } from './grid.tsx'
import { useLive, usePagedList } from './hooks.ts'
import { Name, PathInRow } from './name.tsx'
import { StateLabel, stateMeaning } from './order-progress.tsx'

const columns: readonly Column<OrderTargetRow>[] = [
  {
    id: 'state',
    label: 'Outcome',
    width: '92px',
    cell: (target) => <StateLabel state={target.state} />,
  },
  {
    id: 'machine',
    label: 'Machine',
    width: 'minmax(90px, 0.9fr)',
    cell: (target) => (
      <a href={`/machines/${target.machineId}`} tabIndex={-1}>
        <Name text={target.hostname} isTitled />
      </a>
    ),
  },
  {
    id: 'path',
    label: 'Carrier',
    width: 'minmax(200px, 3fr)',
    cell: (target) => <PathInRow path={target.path} />,
  },
  {
    id: 'stream',
    label: 'Stream',
    width: 'minmax(110px, 1.2fr)',
    cell: (target) => <Name text={target.stream} isTitled />,
  },
  {
    id: 'size',
    label: 'Size',
    width: '76px',
    isNumber: true,
    cell: (target) => formatBytes(target.sizeBytes),
  },
  {
    id: 'reason',
    label: 'Reason',
    width: 'minmax(140px, 2.2fr)',
    cell: (target) =>
      target.reason === '' ? (
        <span class="faint">{stateMeaning(target.state)}</span>
      ) : (
        <Name text={target.reason} isTitled />
      ),
  },
  {
    id: 'at',
    label: 'When',
    width: '122px',
    cell: (target) => (target.at === null ? null : <Time at={target.at} />),
  },
]

const rowKey = (target: OrderTargetRow): string => target.targetId

export function OrderTargets({ order, state }: { order: Order; state: string }) {
  const listKey = `${order.orderId} ${state}`
  const list = usePagedList<OrderTargetRow>(listKey, async (cursor, limit, abort) => {
    const page = await api.orderTargets(order.orderId, state, { cursor, limit }, abort)
    return { rows: page.targets, cursor: page.cursor, total: null }
  })
  useLive(
    (event) => event.type === 'order.changed' && event.orderId === order.orderId,
    () => list.refresh(),
  )
  const { rows, phase, error, isStale } = list.state.value
  return (
    <>
      {isStale && (
        <p>
          <button type="button" class="button is-small" onClick={() => list.reload()}>
            New receipts came in. Load again
          </button>
        </p>
      )}
      <Grid
        label="Streams of this order"
        listKey={listKey}
        columns={columns}
        rows={rows}
        rowKey={rowKey}
        total={state === '' ? order.targetCount : (order.counts[state] ?? 0)}
        onNearEnd={() => list.loadMore()}
      >
        {phase === 'first' && <Loading what="receipts" />}
        {phase === 'failed' && <Failure error={error} retry={() => list.reload()} />}
        {phase === 'idle' && rows.length === 0 && <Empty title="None in this state" />}
      </Grid>
    </>
  )
}
