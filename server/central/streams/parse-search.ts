/** What people write, as a query; QUERY_INVALID says where it is wrong. */
import { AppError } from '../../shared/app-error.ts'
import { type Query, QueryError } from '../../streams/query/ast.ts'
import { type Answerer, parseQuery } from '../../streams/query/parse-query.ts'

export function parseSearch(text: string, now: number, answerer: Answerer = 'inventory'): Query {
  try {
    return parseQuery(text, now, answerer)
  } catch (error) {
    throw asQueryInvalid(error)
  }
}

/** Any other error stays what it is. */
export function asQueryInvalid(error: unknown): unknown {
  if (!(error instanceof QueryError)) return error
  const { message, position, length } = error
  return new AppError('QUERY_INVALID', 400, message, {
    cause: error,
    details: { position, length },
  })
}
