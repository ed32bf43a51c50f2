/** Pieces of SQL with their parameters. What users wrote is only ever a parameter. */

export interface Sql {
  readonly sql: string
  readonly params: readonly (string | number)[]
}

export const TRUE: Sql = { sql: '1', params: [] }
export const FALSE: Sql = { sql: '0', params: [] }

export function sql(text: string, ...params: (string | number)[]): Sql {
  return { sql: text, params }
}

/** What is known beforehand goes out of the conditions: SQLite does not see that a whole branch is void. */
export function and(parts: readonly Sql[]): Sql {
  if (parts.includes(FALSE)) return FALSE
  return join(
    parts.filter((part) => part !== TRUE),
    ' AND ',
    TRUE,
  )
}

export function or(parts: readonly Sql[]): Sql {
  if (parts.includes(TRUE)) return TRUE
  return join(
    parts.filter((part) => part !== FALSE),
    ' OR ',
    FALSE,
  )
}

/**
 * A comparison with NULL is NULL, and so is its NOT: "not from that host" would lose every stream that has
 * no host at all.
 */
export function not(part: Sql): Sql {
  if (part === TRUE) return FALSE
  if (part === FALSE) return TRUE
  return { sql: `NOT ifnull(${part.sql}, 0)`, params: part.params }
}

function join(parts: readonly Sql[], operator: string, none: Sql): Sql {
  if (parts.length === 0) return none
  if (parts.length === 1) return parts[0]!
  return {
    sql: `(${parts.map((part) => part.sql).join(operator)})`,
    params: parts.flatMap((part) => part.params),
  }
}
