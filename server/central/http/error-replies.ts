/** The one shape in which a route reports a failure, and what becomes what. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ErrorReply } from '../../protocol/errors.ts'
import { AppError } from '../../shared/app-error.ts'

/** For the `response` of every route. */
export const ERROR_REPLIES = { '4xx': ErrorReply, '5xx': ErrorReply } as const

const CODES: Record<number, string> = {
  404: 'NOT_FOUND',
  413: 'REQUEST_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
}

/** What SQLite says where nothing can be written. */
const NO_SPACE = /^SQLITE_(FULL|IOERR)/

export function sendError(
  error: FastifyError | AppError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { statusCode, body } = toReply(error)
  if (statusCode >= 500) request.log.error({ err: error }, 'a request failed')
  void reply.code(statusCode).type('application/json; charset=utf-8').send(body)
}

export function sendNotFound(request: FastifyRequest, reply: FastifyReply): void {
  sendError(
    new AppError('NOT_FOUND', 404, `there is nothing at ${request.method} here`),
    request,
    reply,
  )
}

function toReply(error: FastifyError | AppError): { statusCode: number; body: ErrorReply } {
  if (error instanceof AppError) {
    const { statusCode, code, message, details } = error
    return { statusCode, body: { code, message, ...(details === undefined ? {} : { details }) } }
  }
  if (NO_SPACE.test(error.code ?? '')) {
    const message = 'central cannot store anything: its disk is full or broken; free some space'
    return { statusCode: 503, body: { code: 'DISK_FULL', message } }
  }
  const statusCode = error.statusCode ?? 500
  if (statusCode < 400 || statusCode >= 500) {
    // Nothing of an unexpected error goes out: its message may hold paths, SQL or content.
    const message = 'central failed; its log says why'
    return { statusCode: 500, body: { code: 'INTERNAL', message } }
  }
  return {
    statusCode,
    body: { code: CODES[statusCode] ?? 'REQUEST_INVALID', message: error.message },
  }
}
