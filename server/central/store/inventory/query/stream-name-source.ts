/** Items by a text in the name of the stream: the other half of what a bare word asks for. */
import { BY_CLASS, itemsOfList } from './item-sources.ts'
import { compareText } from './leaf-conditions.ts'
import { listOf } from './number-lists.ts'
import type { Part } from './path-sources.ts'
import type { SearchContext } from './search-context.ts'
import type { TextPattern } from './text-pattern.ts'

export function classNames(context: SearchContext, pattern: TextPattern): Part {
  const condition = compareText('sn.name', pattern)
  const classes = context.all(
    `SELECT ck.class_no, cl.live_count FROM stream_name AS sn
     CROSS JOIN family AS fa ON fa.stream_name_no = sn.stream_name_no
     CROSS JOIN class_key AS ck ON ck.family_no = fa.family_no
     CROSS JOIN class AS cl ON cl.class_no = ck.class_no WHERE ${condition.sql}`,
    ...condition.params,
  ) as number[][]
  const source = itemsOfList(context, BY_CLASS, listOf(classes.map(([no]) => no!)), {
    driver: `${classes.length} classes by the name of the stream`,
    order: 'by class, newest class first',
    estimate: classes.reduce((sum, [, live]) => sum + live!, 0),
  })
  return { source, condition }
}
