/** `/healthz`, `/readyz`, `/metrics`: for whoever keeps central running. No names, only counts. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppError } from '../../shared/app-error.ts'

export interface HealthRoutesOptions {
  /** Rejects where the store cannot be read, or deltas not be stored. */
  checkStore(): Promise<void>
  /** In the format of Prometheus. */
  metrics(): Promise<string>
}

export const healthRoutes: FastifyPluginAsyncTypebox<HealthRoutesOptions> = async (
  app,
  { checkStore, metrics },
) => {
  const route = { config: { access: 'public', scope: 'none' }, schema: { hide: true } } as const

  app.get('/healthz', route, async () => ({ status: 'ok' }))

  app.get('/readyz', route, async (request) => {
    try {
      await checkStore()
    } catch (error) {
      request.log.error({ err: error }, 'the store is not ready')
      if (error instanceof AppError) throw error
      throw new AppError('NOT_READY', 503, 'the store cannot be read; central’s log says why')
    }
    return { status: 'ready' }
  })

  app.get('/metrics', route, async (_request, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return metrics()
  })
}
