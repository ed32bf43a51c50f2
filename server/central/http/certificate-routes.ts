/** `/api/v1/certificate`: what central shows of itself. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AuthoritySwitch, CertificateStatus } from '../../protocol/api/certificate.ts'
import type { CertificateService } from '../tls/certificate-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

const config = { access: 'settings.manage', scope: 'unscoped-only' } as const
const tags = ['certificate']
const Nothing = Type.Object({}, { additionalProperties: false })
const response = { 200: CertificateStatus, ...ERROR_REPLIES }

export const certificateRoutes: FastifyPluginAsyncTypebox<{
  certificate: CertificateService
}> = async (app, { certificate }) => {
  app.get(
    '/certificate',
    { config, schema: { summary: 'The certificate that central shows', tags, response } },
    async () => certificate.status(),
  )

  app.post(
    '/certificate/rotate',
    {
      config,
      schema: {
        summary: 'A new server certificate, without a restart',
        tags,
        body: Nothing,
        response,
      },
    },
    async (request) => certificate.rotate(actorOf(request)),
  )

  app.post(
    '/certificate/authority',
    {
      config,
      schema: {
        summary: 'Make the next authority, and have agents accept it beside the present one',
        tags,
        body: Nothing,
        response,
      },
    },
    async (request) => certificate.prepareAuthority(actorOf(request)),
  )

  app.post(
    '/certificate/authority/switch',
    {
      config,
      schema: {
        summary: 'Show the next authority from now on',
        tags,
        body: AuthoritySwitch,
        response,
      },
    },
    async (request) => certificate.switchAuthority(request.body.force, actorOf(request)),
  )
}
