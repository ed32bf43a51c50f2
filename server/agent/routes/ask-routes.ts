import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  CancelReply,
  CancelRequest,
  FilesReply,
  FilesRequest,
  QueryReply,
  QueryRequest,
} from '../../protocol/ask.ts'
import {
  AttachmentPoliciesReply,
  AttachmentPoliciesRequest,
} from '../../protocol/attachment-policies.ts'
import { readAttachmentPolicies } from '../ask/attachment-policies.ts'
import type { FileFinder } from '../ask/file-finder.ts'
import type { QueryRunner } from '../ask/query-runner.ts'
import type { RunningAsks } from '../ask/running-asks.ts'

export interface AskRoutesOptions {
  readonly asks: RunningAsks
  readonly queryRunner: QueryRunner
  readonly fileFinder: FileFinder
}

/** Questions about the disk as it is now. They change nothing, on the disk or in the inventory. */
export const askRoutes: FastifyPluginAsyncTypebox<AskRoutesOptions> = async (
  app,
  { asks, queryRunner, fileFinder },
) => {
  app.post(
    '/query',
    { schema: { body: QueryRequest, response: { 200: QueryReply } } },
    async ({ body }) => queryRunner.answer(body),
  )

  app.post(
    '/query/cancel',
    { schema: { body: CancelRequest, response: { 200: CancelReply } } },
    async ({ body }) => ({ wasRunning: asks.cancel(body.askId) }),
  )

  app.post(
    '/files',
    { schema: { body: FilesRequest, response: { 200: FilesReply } } },
    async ({ body }) => fileFinder.find(body),
  )

  app.post(
    '/attachment-policies',
    { schema: { body: AttachmentPoliciesRequest, response: { 200: AttachmentPoliciesReply } } },
    async () => readAttachmentPolicies(),
  )
}
