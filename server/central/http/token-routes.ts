/** `/api/v1/tokens`: what scripts sign in with. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ApiTokenList, CreatedApiToken, NewApiToken } from '../../protocol/api/tokens.ts'
import type { TokenService } from '../accounts/token-service.ts'
import { sessionOfRequest } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

// A token that leaked must not be able to make itself others.
const config = { access: 'in-person', scope: 'none' } as const
const tags = ['tokens']

export const tokenRoutes: FastifyPluginAsyncTypebox<{ tokens: TokenService }> = async (
  app,
  { tokens },
) => {
  app.get(
    '/tokens',
    {
      config,
      schema: {
        summary: 'One’s own tokens; an administrator sees everybody’s',
        tags,
        response: { 200: ApiTokenList, ...ERROR_REPLIES },
      },
    },
    async (request) => ({ tokens: tokens.list(sessionOfRequest(request)) }),
  )

  app.post(
    '/tokens',
    {
      config,
      schema: {
        summary: 'A new token; its secret is shown this once',
        tags,
        body: NewApiToken,
        response: { 201: CreatedApiToken, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      reply.code(201).header('cache-control', 'no-store')
      return tokens.create(request.body, sessionOfRequest(request))
    },
  )

  app.delete(
    '/tokens/:tokenId',
    {
      config,
      schema: {
        summary: 'End a token',
        tags,
        params: Type.Object(
          { tokenId: Type.Integer({ minimum: 1 }) },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null(), ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      tokens.end(request.params.tokenId, sessionOfRequest(request))
      return reply.code(204).send(null)
    },
  )
}
