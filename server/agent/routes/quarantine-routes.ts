import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static } from 'typebox'
import {
  MissingQuery,
  MissingReply,
  QuarantinePage,
  QuarantineQuery,
} from '../../protocol/quarantine.ts'
import type { QuarantineStore } from '../state/quarantine-store.ts'
import { missingOf } from '../strip/central-copy.ts'
import { quarantinePage } from '../strip/quarantine-page.ts'

export interface QuarantineRoutesOptions {
  readonly quarantineStore: QuarantineStore
}

/** What is kept, without its bytes: those leave by a restore, and small ones with the receipt of what took them. */
export const quarantineRoutes: FastifyPluginAsyncTypebox<QuarantineRoutesOptions> = async (
  app,
  { quarantineStore },
) => {
  const page = ({ cursor, limit }: Static<typeof QuarantineQuery>): QuarantinePage =>
    quarantinePage(quarantineStore, {
      ...(cursor === undefined ? {} : { cursor }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
    })

  app.get(
    '/quarantine',
    { schema: { querystring: QuarantineQuery, response: { 200: QuarantinePage } } },
    async ({ query }) => page(query),
  )

  app.post(
    '/quarantine/list',
    { schema: { body: QuarantineQuery, response: { 200: QuarantinePage } } },
    async ({ body }) => page(body),
  )

  app.post(
    '/quarantine/missing',
    { schema: { body: MissingQuery, response: { 200: MissingReply } } },
    async ({ body }) => ({ missing: missingOf(quarantineStore, body.targetIds) }),
  )
}
