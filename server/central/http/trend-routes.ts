/** `/api/v1/trends` */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { MAX_TREND_DAYS, Trends } from '../../protocol/api/trends.ts'
import type { TrendService } from '../trends/trend-service.ts'
import { ERROR_REPLIES } from './error-replies.ts'

export const trendRoutes: FastifyPluginAsyncTypebox<{ trends: TrendService }> = async (
  app,
  { trends },
) => {
  app.get(
    '/trends',
    {
      config: { access: 'inventory.read', scope: 'filtered' },
      schema: {
        summary: 'The fleet’s totals over time, oldest first',
        tags: ['trends'],
        querystring: Type.Object(
          { days: Type.Integer({ minimum: 1, maximum: MAX_TREND_DAYS, default: 30 }) },
          { additionalProperties: false },
        ),
        response: { 200: Trends, ...ERROR_REPLIES },
      },
    },
    async ({ query, machineScope }) => trends.since(query.days, machineScope),
  )
}
