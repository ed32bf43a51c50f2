/** Values of a field that begin with what was written so far, the most frequent first. */

import { searchForm } from '../../../../streams/query/search-form.ts'
import type { SuggestField } from '../inventory-engine.ts'
import type { FacetBucket } from '../stored-facets.ts'
import type { SearchContext } from './search-context.ts'
import { foldAscii, prefixRange } from './text-pattern.ts'

/** A text of its own for each row of families, hosts, machines or labels, with its live streams. */
const SMALL: Partial<Record<SuggestField, string>> = {
  machine: 'SELECT hostname AS value, stream_count AS live FROM machine',
  label: `SELECT ml.label AS value, m.stream_count AS live
    FROM machine_label AS ml JOIN machine AS m USING (machine_no)`,
  stream: `SELECT sn.name AS value, fa.live_count AS live
    FROM family AS fa JOIN stream_name AS sn USING (stream_name_no)`,
  ext: 'SELECT extension AS value, live_count AS live FROM family',
  verdict: 'SELECT verdict AS value, live_count AS live FROM family',
  rule: 'SELECT rule AS value, live_count AS live FROM family',
  writer: 'SELECT writer AS value, live_count AS live FROM family',
  zone: `SELECT ifnull(CAST(zone AS TEXT), 'none') AS value, live_count AS live FROM family`,
  host: 'SELECT host AS value, live_count AS live FROM host',
}

/** Of names and referrers, which are millions: the first so many that begin so are looked at. */
const LOOKED_AT = 300
/** Items of each of those. */
const ITEMS_LOOKED_AT = 100

export function suggestValues(
  context: SearchContext,
  field: SuggestField,
  written: string,
  limit: number,
): FacetBucket[] {
  const prefix = searchForm(written)
  const like = `${prefix.replace(/[\\%_]/g, '\\$&')}%`
  const small = SMALL[field]
  if (small !== undefined) {
    const rows = context.all(
      `SELECT min(value), sum(live) AS live FROM (${small})
       WHERE value LIKE ? ESCAPE '\\' AND value <> '' AND still_wanted()
       GROUP BY value COLLATE NOCASE HAVING sum(live) > 0 ORDER BY 2 DESC, 1 LIMIT ?`,
      like,
      limit,
    )
    return rows.map(toBucket)
  }
  return field === 'name' ? ofNames(context, prefix, limit) : ofReferrers(context, like, limit)
}

function ofNames(context: SearchContext, prefix: string, limit: number): FacetBucket[] {
  const range = prefixRange(prefix)
  const between = range === null ? '' : 'WHERE name >= ? AND name < ?'
  const rows = context.all(
    `SELECT min(n.name), sum((
        SELECT sum(live_count) FROM (SELECT live_count FROM item WHERE name_no = n.name_no LIMIT ${ITEMS_LOOKED_AT})
      )) AS live
     FROM (SELECT name_no, name FROM file_name ${between} ORDER BY name LIMIT ${LOOKED_AT}) AS n
     GROUP BY n.name COLLATE NOCASE ORDER BY 2 DESC, 1`,
    ...(range === null ? [] : [range.from, range.below]),
  )
  const isPrefixed = ({ value }: FacetBucket) => foldAscii(value).startsWith(foldAscii(prefix))
  return rows
    .map(toBucket)
    .filter((bucket) => isPrefixed(bucket) && bucket.count > 0)
    .slice(0, limit)
}

/** They have no order but that of their first report. */
function ofReferrers(context: SearchContext, like: string, limit: number): FacetBucket[] {
  const rows = context.all(
    `SELECT min(r.url), sum((
        SELECT sum(live_count) FROM (SELECT live_count FROM item WHERE referrer_no = r.referrer_no LIMIT ${ITEMS_LOOKED_AT})
      )) AS live
     FROM (SELECT referrer_no, url FROM (SELECT referrer_no, url FROM referrer ORDER BY referrer_no DESC LIMIT 20000)
           WHERE url LIKE ? ESCAPE '\\' LIMIT ${LOOKED_AT}) AS r
     GROUP BY r.url COLLATE NOCASE HAVING live > 0 ORDER BY 2 DESC, 1 LIMIT ?`,
    like,
    limit,
  )
  return rows.map(toBucket)
}

function toBucket(row: readonly (string | number | null)[]): FacetBucket {
  return { value: row[0] as string, count: Number(row[1] ?? 0) }
}
