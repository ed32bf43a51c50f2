/** Sinks and their queues. A delivery stays until it was taken or given up, so that a crash loses none. */
import type { Database } from 'better-sqlite3'
import type { SinkEvent, SinkSettings } from '../../protocol/api/sinks.ts'

export interface StoredSink {
  sinkId: number
  settings: SinkSettings
  createdBy: string
  queueLength: number
  droppedCount: number
  deliveredCount: number
  lastDeliveredAt: number | null
  lastError: string
}

export interface StoredDelivery {
  deliveryNo: number
  event: SinkEvent
}

export interface SinkStore {
  list(): StoredSink[]
  find(sinkId: number): StoredSink | undefined
  add(settings: SinkSettings, createdBy: string, now: number): number
  update(sinkId: number, settings: SinkSettings): void
  remove(sinkId: number, now: number): void
  /** Puts an event at the end of a queue, and lets the oldest go where there would be more than `maxLength`. */
  enqueue(sinkId: number, event: SinkEvent, maxLength: number, now: number): void
  /** The oldest of a queue. */
  peek(sinkId: number, limit: number): StoredDelivery[]
  delivered(sinkId: number, upTo: number, now: number): void
  failed(sinkId: number, error: string): void
  /** Gives up what was queued before. */
  dropOld(queuedBefore: number): void
}

interface SinkRow extends Omit<StoredSink, 'settings'> {
  json: string
}

type Named = Record<string, unknown>

const SINK_SQL = `
  SELECT sink_no AS sinkId, settings_json AS json, created_by AS createdBy, dropped_count AS droppedCount,
    delivered_count AS deliveredCount, last_delivered_at AS lastDeliveredAt, last_error AS lastError,
    (SELECT count(*) FROM sink_delivery AS d WHERE d.sink_no = sink.sink_no) AS queueLength
  FROM sink WHERE removed_at IS NULL`

export function createSinkStore(db: Database): SinkStore {
  const sql = prepare(db)
  const drop = (rows: { sinkNo: number; deliveries: number }[]): void => {
    for (const row of rows) sql.countDropped.run(row)
  }
  return {
    list: () => sql.list.all().map(fromRow),
    find: (sinkId) => {
      const row = sql.find.get({ sinkId })
      return row === undefined ? undefined : fromRow(row)
    },
    add: (settings, createdBy, now) =>
      Number(sql.insert.run({ json: JSON.stringify(settings), createdBy, now }).lastInsertRowid),
    update: (sinkId, settings) => void sql.update.run({ sinkId, json: JSON.stringify(settings) }),
    remove: (sinkId, now) => {
      db.transaction(() => {
        sql.remove.run({ sinkId, now })
        sql.clear.run({ sinkId })
      }).immediate()
    },
    enqueue: (sinkId, event, maxLength, now) => {
      db.transaction(() => {
        sql.enqueue.run({ sinkId, now, json: JSON.stringify(event) })
        const { changes } = sql.dropOverflow.run({ sinkId, maxLength })
        if (changes > 0) drop([{ sinkNo: sinkId, deliveries: changes }])
      }).immediate()
    },
    peek: (sinkId, limit) =>
      sql.peek
        .all({ sinkId, limit })
        .map(({ deliveryNo, json }) => ({ deliveryNo, event: JSON.parse(json) as SinkEvent })),
    delivered: (sinkId, upTo, now) => {
      db.transaction(() => {
        const { changes } = sql.take.run({ sinkId, upTo })
        sql.countDelivered.run({ sinkId, deliveries: changes, now })
      }).immediate()
    },
    failed: (sinkId, error) => void sql.setError.run({ sinkId, error }),
    dropOld: (queuedBefore) => {
      db.transaction(() => {
        drop(sql.countOld.all({ queuedBefore }))
        sql.dropOld.run({ queuedBefore })
      }).immediate()
    },
  }
}

function fromRow({ json, ...row }: SinkRow): StoredSink {
  return { ...row, settings: JSON.parse(json) as SinkSettings }
}

function prepare(db: Database) {
  return {
    list: db.prepare<[], SinkRow>(`${SINK_SQL} ORDER BY sink_no`),
    find: db.prepare<Named, SinkRow>(`${SINK_SQL} AND sink_no = @sinkId`),
    insert: db.prepare<Named>(`
      INSERT INTO sink (settings_json, created_by, created_at) VALUES (@json, @createdBy, @now)
    `),
    update: db.prepare<Named>(
      `UPDATE sink SET settings_json = @json, last_error = '' WHERE sink_no = @sinkId`,
    ),
    // The secret goes with the sink.
    remove: db.prepare<Named>(
      `UPDATE sink SET removed_at = @now, settings_json = '{}' WHERE sink_no = @sinkId`,
    ),
    clear: db.prepare<Named>('DELETE FROM sink_delivery WHERE sink_no = @sinkId'),
    enqueue: db.prepare<Named>(`
      INSERT INTO sink_delivery (sink_no, queued_at, event_json) VALUES (@sinkId, @now, @json)
    `),
    dropOverflow: db.prepare<Named>(`
      DELETE FROM sink_delivery WHERE sink_no = @sinkId AND delivery_no <= (
        SELECT d.delivery_no FROM sink_delivery AS d WHERE d.sink_no = @sinkId
        ORDER BY d.delivery_no DESC LIMIT 1 OFFSET @maxLength)
    `),
    peek: db.prepare<Named, { deliveryNo: number; json: string }>(`
      SELECT delivery_no AS deliveryNo, event_json AS json FROM sink_delivery
      WHERE sink_no = @sinkId ORDER BY delivery_no LIMIT @limit
    `),
    take: db.prepare<Named>(
      'DELETE FROM sink_delivery WHERE sink_no = @sinkId AND delivery_no <= @upTo',
    ),
    countDelivered: db.prepare<Named>(`
      UPDATE sink SET delivered_count = delivered_count + @deliveries, last_delivered_at = @now,
        last_error = ''
      WHERE sink_no = @sinkId
    `),
    countDropped: db.prepare<Named>(
      'UPDATE sink SET dropped_count = dropped_count + @deliveries WHERE sink_no = @sinkNo',
    ),
    setError: db.prepare<Named>('UPDATE sink SET last_error = @error WHERE sink_no = @sinkId'),
    countOld: db.prepare<Named, { sinkNo: number; deliveries: number }>(`
      SELECT sink_no AS sinkNo, count(*) AS deliveries FROM sink_delivery
      WHERE queued_at < @queuedBefore GROUP BY sink_no
    `),
    dropOld: db.prepare<Named>('DELETE FROM sink_delivery WHERE queued_at < @queuedBefore'),
  }
}
