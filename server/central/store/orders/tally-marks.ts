/**
 * What a preview can say of files that get a mark. There is no stream yet, and so no verdict: but a file has its extension, and of one
 * that a strip took a mark off, the inventory may still know where that mark said it came from.
 */
import type { Database } from 'better-sqlite3'
import { extensionOf, fileNameOf } from '../../../streams/path-parts.ts'
import { searchForm } from '../../../streams/query/search-form.ts'
import { fromUtf16 } from '../utf16.ts'
import type { FrozenSoFar } from './freeze-streams.ts'

interface NameRow {
  fileName: string | null
  path16: Buffer | null
  count: number
}

export function createMarkTally(db: Database) {
  const selectNames = db.prepare<[number, number], NameRow>(`
    SELECT n.name AS fileName, x.path_utf16 AS path16, count(*) AS count
    FROM main.target AS t
    LEFT JOIN target_text AS x ON x.target_no = t.target_no
    LEFT JOIN file_name AS n ON n.name_no = t.name_no
    WHERE t.target_no BETWEEN ? AND ? GROUP BY t.name_no, x.path_utf16
  `)
  const selectHosts = db.prepare<[number, number], { hostNo: number; count: number }>(`
    SELECT k.host_no AS hostNo, count(*) AS count
    FROM main.target AS t
    JOIN main.target AS taken ON taken.target_no = t.source_no
    JOIN stream AS s ON s.stream_id = taken.stream_id
    JOIN item AS i ON i.item_no = s.item_no
    JOIN class_key AS k ON k.class_no = i.class_no
    WHERE t.target_no BETWEEN ? AND ? GROUP BY k.host_no
  `)
  return ({ extensions, hosts }: FrozenSoFar, from: number, to: number): void => {
    for (const { fileName, path16, count } of selectNames.all(from, to)) {
      const name = path16 === null ? fileName! : fileNameOf(searchForm(fromUtf16(path16)))
      const extension = extensionOf(name)
      extensions.set(extension, (extensions.get(extension) ?? 0) + count)
    }
    for (const { hostNo, count } of selectHosts.all(from, to)) {
      hosts.set(hostNo, (hosts.get(hostNo) ?? 0) + count)
    }
  }
}
