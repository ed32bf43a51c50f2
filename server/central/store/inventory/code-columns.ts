/** Codes (identity, modification time) on their way into their columns of ANY. */

export type Code = number | string

/**
 * Two parameters, see {@link boundCode}: better-sqlite3 binds numbers above 2^31 as REAL, and the column would
 * keep them so.
 */
export const CODE_SQL = 'ifnull(CAST(? AS INTEGER), ?)'

export function boundCode(code: Code): [number | null, string | null] {
  return typeof code === 'number' ? [code, null] : [null, code]
}

/** Codes of many streams, cheap to hand from one thread to the other: nearly all are numbers. */
export interface CodeColumn {
  numbers: Float64Array<ArrayBuffer>
  /** By place; null where all are numbers. */
  texts: Map<number, string> | null
}

export function newCodeColumn(length: number): CodeColumn {
  return { numbers: new Float64Array(length), texts: null }
}

export function setCode(column: CodeColumn, place: number, code: Code): void {
  if (typeof code === 'number') {
    column.numbers[place] = code
  } else {
    column.texts ??= new Map()
    column.texts.set(place, code)
  }
}

export function codeAt({ numbers, texts }: CodeColumn, place: number): Code {
  return texts?.get(place) ?? (numbers[place] as number)
}
