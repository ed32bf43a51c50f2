/** `/api/v1/users` and one's own password. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  NewUser,
  OwnPassword,
  User,
  UserChange,
  UserList,
  Username,
} from '../../protocol/api/users.ts'
import type { UserService } from '../accounts/user-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

const strict = { additionalProperties: false } as const
const config = { access: 'users.manage', scope: 'unscoped-only' } as const
const tags = ['users']

export const userRoutes: FastifyPluginAsyncTypebox<{ users: UserService }> = async (
  app,
  { users },
) => {
  app.get(
    '/users',
    {
      config,
      schema: { summary: 'All users', tags, response: { 200: UserList, ...ERROR_REPLIES } },
    },
    async () => ({ users: users.list() }),
  )

  app.post(
    '/users',
    {
      config,
      schema: {
        summary: 'Add a user',
        tags,
        body: NewUser,
        response: { 201: User, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      reply.code(201)
      return users.add(request.body, actorOf(request))
    },
  )

  app.patch(
    '/users/:username',
    {
      config,
      schema: {
        summary: 'Change a role, set a password, end or give back access; ends the user’s sessions',
        tags,
        params: Type.Object({ username: Username }, strict),
        body: UserChange,
        response: { 200: User, ...ERROR_REPLIES },
      },
    },
    async (request) => users.change(request.params.username, request.body, actorOf(request)),
  )

  app.post(
    '/session/password',
    {
      config: { access: 'in-person', scope: 'none', rateLimit: { max: 20, timeWindow: 60_000 } },
      schema: {
        summary: 'Change one’s own password; ends all of one’s sessions',
        tags: ['session'],
        body: OwnPassword,
        response: { 204: Type.Null(), ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      await users.changeOwnPassword(actorOf(request), request.body, request.ip)
      return reply.code(204).send(null)
    },
  )
}
