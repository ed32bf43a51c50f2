/** How codes (identity, modification time) get into their columns of ANY. */

export type Code = number | string

/**
 * Two parameters, see {@link boundCode}: better-sqlite3 binds numbers above 2^31 as REAL, and the column would
 * keep them so.
 */
export const CODE_SQL = 'ifnull(CAST(? AS INTEGER), ?)'

export function boundCode(code: Code): [number | null, string | null] {
  return typeof code === 'number' ? [code, null] : [null, code]
}
