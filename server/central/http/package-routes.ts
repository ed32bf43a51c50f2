/** `/api/v1/packages`: the agent, to be installed. For those who may make enrolments. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { PackageList, PackageName } from '../../protocol/api/packages.ts'
import type { PackageService } from '../packages/package-service.ts'
import { ERROR_REPLIES } from './error-replies.ts'

export interface PackageRoutesOptions {
  packages: PackageService
}

export const packageRoutes: FastifyPluginAsyncTypebox<PackageRoutesOptions> = async (
  app,
  { packages },
) => {
  app.get(
    '/packages',
    {
      config: { access: 'enrolments.create', scope: 'unscoped-only' },
      schema: {
        summary: 'Packages of the agent, newest first, with the command that installs each',
        tags: ['enrolments'],
        response: { 200: PackageList, ...ERROR_REPLIES },
      },
    },
    async () => ({ packages: await packages.list() }),
  )

  app.get(
    '/packages/:name',
    {
      config: { access: 'enrolments.create', scope: 'unscoped-only' },
      schema: {
        summary: 'One package',
        tags: ['enrolments'],
        params: Type.Object({ name: PackageName }),
        response: { 200: Type.Any({ description: 'Its bytes' }), ...ERROR_REPLIES },
      },
    },
    async ({ params }, reply) => {
      const { sizeBytes, content } = await packages.open(params.name)
      return reply
        .type('application/octet-stream')
        .header('content-length', sizeBytes)
        .header('content-disposition', `attachment; filename="${params.name}"`)
        .send(content)
    },
  )
}
