/**
 * The agent's Fastify app: the routes of protocol/agent-api.ts, defined once. People on the machine reach
 * them over a socket that only its owner may open, central through the link, which injects into this app.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyError } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import type { ErrorReply } from '../protocol/errors.ts'
import { MAX_FRAME_BYTES } from '../protocol/limits.ts'
import { AppError } from '../shared/app-error.ts'
import type { Logger } from '../shared/logger.ts'
import { type AskRoutesOptions, askRoutes } from './routes/ask-routes.ts'
import { type IdentityRoutesOptions, identityRoutes } from './routes/identity-routes.ts'
import { type OrderRoutesOptions, orderRoutes } from './routes/order-routes.ts'
import { type QuarantineRoutesOptions, quarantineRoutes } from './routes/quarantine-routes.ts'
import { type ReadRoutesOptions, readRoutes } from './routes/read-routes.ts'
import { type ScanRoutesOptions, scanRoutes } from './routes/scan-routes.ts'

export interface AppOptions
  extends AskRoutesOptions,
    IdentityRoutesOptions,
    OrderRoutesOptions,
    QuarantineRoutesOptions,
    ReadRoutesOptions,
    ScanRoutesOptions {
  readonly logger: Logger
}

export function buildApp(options: AppOptions) {
  const app = fastify({
    // A request that arrives through the link fits a frame, and one over the socket may be no larger.
    bodyLimit: MAX_FRAME_BYTES,
    logger: false,
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.setValidatorCompiler<TSchema>(({ schema }) => compileValidator(schema))
  app.setErrorHandler<FastifyError | AppError>((error, _request, reply) => {
    const [status, body] = toErrorReply(error)
    if (status >= 500) options.logger.error({ err: error }, 'request failed')
    return reply.status(status).send(body)
  })
  app.setNotFoundHandler((request, reply) => {
    const message = `There is no ${request.method} ${request.url} on an agent.`
    return reply.status(404).send({ code: 'ROUTE_NOT_FOUND', message } satisfies ErrorReply)
  })

  app.register(scanRoutes, { ...options, prefix: '/v1' })
  app.register(readRoutes, { ...options, prefix: '/v1' })
  app.register(askRoutes, { ...options, prefix: '/v1' })
  app.register(identityRoutes, { ...options, prefix: '/v1' })
  app.register(orderRoutes, { ...options, prefix: '/v1' })
  app.register(quarantineRoutes, { ...options, prefix: '/v1' })
  return app
}

export type AgentApp = ReturnType<typeof buildApp>

/** Unlike Fastify's own: nothing is coerced, unknown fields are refused and not removed. */
function compileValidator(schema: TSchema) {
  const validator = Compile(schema)
  return (body: unknown) => {
    const value = Value.Default(schema, body ?? {})
    if (validator.Check(value)) return { value }
    const fault = validator.Errors(value)[0]
    return { error: new Error(`${fault?.instancePath || 'the body'} ${fault?.message ?? ''}`) }
  }
}

function toErrorReply(error: FastifyError | AppError): [number, ErrorReply] {
  const { code, message } = error
  if (error instanceof AppError) {
    const details = error.details === undefined ? {} : { details: error.details }
    return [error.statusCode, { code, message, ...details }]
  }
  const status = error.validation ? 400 : (error.statusCode ?? 500)
  if (status < 500) return [status, { code: 'REQUEST_INVALID', message }]
  return [500, { code: 'INTERNAL', message: 'The agent failed. Its log says more.' }]
}
