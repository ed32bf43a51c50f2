/** What people write, as a query; QUERY_INVALID says where it is wrong. */
import { AppError } from '../../shared/app-error.ts'
import { type Query, QueryError } from '../../streams/query/ast.ts'
import { parseQuery } from '../../streams/query/parse-query.ts'

export function parseSearch(text: string, now: number): Query {
  return withQueryErrors(() => parseQuery(text, now))
}

export function withQueryErrors<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw new AppError('QUERY_INVALID', 400, error.message, {
      cause: error,
      details: { position: error.position, length: error.length },
    })
  }
}
