/** `/api/v1/audit` */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AuditHead, AuditPage } from '../../protocol/api/audit.ts'
import type { Session } from '../../protocol/api/session.ts'
import type { Scope } from '../accounts/scope-service.ts'
import type { AuditLog, AuditReader } from '../audit/audit-log.ts'
import { actorOf, sessionOfRequest } from './access.ts'
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
      config: { access: 'audit.read', scope: 'filtered' },
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
    async (request) => {
      const { query, machineScope } = request
      return audit.page({ ...query, reader: readerOf(sessionOfRequest(request), machineScope) })
    },
  )

  app.get(
    '/audit/head',
    {
      config: { access: 'audit.read', scope: 'unscoped-only' },
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
      config: { access: 'audit.read', scope: 'unscoped-only' },
      schema: {
        summary: 'The whole log with its chain, oldest first, a record a line (NDJSON)',
        tags: ['audit'],
      },
    },
    async (request, reply) => sendNdjson(reply, 'audit', audit.export(actorOf(request))),
  )
}

function readerOf({ username, tokenName }: Session, scope: Scope): AuditReader | null {
  if (scope === null) return null
  return { own: tokenName === null ? username : null, machineIds: [...scope.machineIds] }
}
