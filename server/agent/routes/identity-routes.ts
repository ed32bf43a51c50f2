/** The machine's own key, and whom it takes for its central. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { IdentityKept, IdentityPins } from '../../protocol/agent-api.ts'
import { AppError } from '../../shared/app-error.ts'
import type { MachineIdentity } from '../trust/machine-identity.ts'

export interface IdentityRoutesOptions {
  /** Null until enrolled. */
  readonly identity: () => MachineIdentity | null
  /** The next hello has something new to say. */
  readonly onNextKey: () => void
}

export const identityRoutes: FastifyPluginAsyncTypebox<IdentityRoutesOptions> = async (
  app,
  { identity, onNextKey },
) => {
  const enrolled = (): MachineIdentity => {
    const found = identity()
    if (found !== null) return found
    throw new AppError('NOT_ENROLLED', 409, 'This machine is not enrolled.')
  }
  const kept = ({ keyFingerprint, pins }: MachineIdentity): IdentityKept => ({
    keyFingerprint,
    pins: [...pins],
  })

  app.post(
    '/identity/pins',
    { schema: { body: IdentityPins, response: { 200: IdentityKept } } },
    async ({ body }) => {
      const found = enrolled()
      found.setPins(body.pins)
      return kept(found)
    },
  )

  app.post(
    '/identity/rotate-key',
    {
      schema: {
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: IdentityKept },
      },
    },
    async () => {
      const found = enrolled()
      found.makeNextKey()
      // After the answer, which goes over the connection that ends.
      setTimeout(onNextKey, 50).unref()
      return kept(found)
    },
  )
}
