/** Errors of a query, pointed at the characters that they are about. */
import { CliError } from './cli-error.ts'

/** Of `work` that asks central this query. */
export async function pointingAt<T>(query: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw pointed(error, query)
  }
}

/** On the same line: a failure is one line, also for scripts. */
function pointed(error: unknown, query: string): unknown {
  if (!(error instanceof CliError) || error.code !== 'QUERY_INVALID') return error
  const { position, length } = placeOf(error.details)
  if (position === undefined || length === undefined) return error
  const part = query.slice(position, position + length)
  const where = part === '' ? 'at its end' : `at character ${position + 1}, “${part}”`
  return new CliError(error.code, `${error.message} (${where})`, { cause: error })
}

function placeOf(details: unknown): { position?: number; length?: number } {
  const { position, length } = (details ?? {}) as Partial<Record<'position' | 'length', unknown>>
  const isPlace = Number.isSafeInteger(position) && Number.isSafeInteger(length)
  return isPlace ? { position: position as number, length: length as number } : {}
}
