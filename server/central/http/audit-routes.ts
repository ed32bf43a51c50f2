/** `/api/v1/audit` */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AuditHead, AuditPage } from '../../protocol/api/audit.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { sendNdjson } from './export-formats.ts'
import { PageQuery } from './paging.ts'

export const auditRoutes: FastifyPluginAsyncTypebox<{ audit: AuditLog }> = async (
  app,
  { audit },
) => {
  app.get(
    '/audit',
    {
      config: { access: 'audit.read' },
      schema: {
        summary: 'Who did what, newest first',
        tags: ['audit'],
        querystring: Type.Object(
          {
            about: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 128,
                description: 'A subject, such as a machine id; also what that machine did',
              }),
            ),
            ...PageQuery,
          },
          { additionalProperties: false },
        ),
        response: { 200: AuditPage, ...ERROR_REPLIES },
      },
    },
    async ({ query }) => audit.page(query),
  )

  app.get(
    '/audit/head',
    {
      config: { access: 'audit.read' },
      schema: {
        summary: 'The newest record of the chain: to be kept elsewhere',
        tags: ['audit'],
        response: { 200: AuditHead, ...ERROR_REPLIES },
      },
    },
    async () => audit.head(),
  )

  app.get(
    '/audit/export',
    {
      config: { access: 'audit.read' },
      schema: {
        summary: 'The whole log with its chain, oldest first, a record a line (NDJSON)',
        tags: ['audit'],
      },
    },
    async (request, reply) => sendNdjson(reply, 'audit', audit.export(actorOf(request))),
  )
}
