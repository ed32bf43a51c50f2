/** On which machines a carrier or a content is known: from its items to their streams, counted by machine. */
import type { MachineId } from '../../../../protocol/ids.ts'
import { searchForm } from '../../../../streams/query/search-form.ts'
import { cutPage, decodeCursor } from '../../cursor.ts'
import type {
  CarrierQuestion,
  MachineHaving,
  PageRequest,
  WhereIsPage,
} from '../inventory-engine.ts'
import { FIRST_SEEN_SQL } from './leaf-conditions.ts'
import type { SearchContext } from './search-context.ts'

/** Items that the question is about: each through an index. */
const ITEMS: Record<CarrierQuestion['by'], string> = {
  name: `SELECT i.item_no FROM file_name AS fn INDEXED BY file_name_by_name
    CROSS JOIN item AS i INDEXED BY item_by_carrier ON i.name_no = fn.name_no WHERE fn.name = @value`,
  path: `SELECT i.item_no FROM folder AS fo INDEXED BY folder_by_path
    CROSS JOIN file_name AS fn INDEXED BY file_name_by_name
    CROSS JOIN item AS i INDEXED BY item_by_carrier
      ON i.name_no = fn.name_no AND i.folder_no = fo.folder_no
    WHERE fo.path = @folder AND fn.name = @name`,
  sha256: `SELECT i.item_no FROM item AS i INDEXED BY item_by_sha256
    WHERE i.sha256 IS NOT NULL AND substr(i.sha256, 1, 4) = substr(unhex(@value), 1, 4) AND i.sha256 = unhex(@value)`,
}

export function whereIs(
  context: SearchContext,
  { by, value }: CarrierQuestion,
  { cursor, limit }: PageRequest,
): WhereIsPage {
  const [hostname, id] = cursor === undefined ? ['', ''] : decodeCursor(cursor, ['', ''])
  const rows = context.db
    .prepare<unknown[], MachineHaving>(`
      SELECT m.machine_id AS machineId, m.hostname, sum(s.gone_at IS NULL) AS live,
        sum(s.gone_at IS NULL AND fa.verdict = 'mark') AS liveMarks, sum(s.gone_at IS NOT NULL) AS gone,
        min(${FIRST_SEEN_SQL}) AS firstSeenAt, max(s.stream_id) AS streamId
      FROM (${ITEMS[by]}) AS found
      CROSS JOIN item AS i ON i.item_no = found.item_no
      CROSS JOIN class_key AS ck ON ck.class_no = i.class_no
      CROSS JOIN family AS fa ON fa.family_no = ck.family_no
      CROSS JOIN stream AS s INDEXED BY stream_by_item ON s.item_no = i.item_no
      CROSS JOIN volume AS v ON v.volume_no = s.volume_no
      CROSS JOIN machine AS m ON m.machine_no = v.machine_no
      WHERE still_wanted() AND (m.hostname, m.machine_id) > (@hostname, @id)
      GROUP BY m.machine_no ORDER BY m.hostname, m.machine_id LIMIT @limit
    `)
    .all({ ...partsOf(by, searchForm(value)), hostname, id, limit: limit + 1 })
  const page = cutPage(rows, limit, (row) => [row.hostname, row.machineId as MachineId])
  return { machines: page.rows, cursor: page.cursor }
}

/** A folder keeps its separator. */
function partsOf(by: CarrierQuestion['by'], value: string): Record<string, string> {
  if (by !== 'path') return { value }
  const cut = value.lastIndexOf(value.startsWith('/') ? '/' : '\\') + 1
  return { folder: value.slice(0, cut), name: value.slice(cut) }
}
