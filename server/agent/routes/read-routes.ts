import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { NativeAddon, NativeCarrier } from '../../../native/addon.ts'
import { ReadReply, ReadRequest } from '../../protocol/agent-api.ts'
import { readError, streamNotFound, volumeNotInScope } from '../agent-errors.ts'
import type { Scope } from '../scan/scope.ts'

export interface ReadRoutesOptions {
  readonly addon: NativeAddon
  readonly scope: Scope
}

/** Hashing more would keep the asking person waiting. */
const MAX_HASHED_BYTES = 16 * 1024 * 1024

/** A stream's bytes, now, from the disk: inside the scope only, and of the very carrier that was meant. */
export const readRoutes: FastifyPluginAsyncTypebox<ReadRoutesOptions> = async (
  app,
  { addon, scope },
) => {
  app.post(
    '/read',
    { schema: { body: ReadRequest, response: { 200: ReadReply } } },
    async ({ body }) => {
      const place = await scope.resolve(body.volumeId, body.path)
      if (!place) throw volumeNotInScope(body.volumeId)
      let carrier: NativeCarrier | null = null
      try {
        carrier = await addon.openCarrier(place.root, body.path, body.identity, scope.hints)
        return await readFrom(carrier, body)
      } catch (error) {
        throw readError(error)
      } finally {
        carrier?.close()
      }
    },
  )
}

async function readFrom(
  carrier: NativeCarrier,
  { stream, offset, length }: ReadRequest,
): Promise<ReadReply> {
  const entry = (await carrier.list()).find(({ name }) => name === stream)
  if (!entry) throw streamNotFound()
  const size = Number(entry.size)
  const bytes =
    offset < size
      ? await carrier.read(stream, offset, Math.min(length, size - offset))
      : new Uint8Array()
  return {
    sizeBytes: size,
    sha256: size <= MAX_HASHED_BYTES ? await carrier.hash(stream) : null,
    offset,
    contentBase64: Buffer.from(bytes).toString('base64'),
  }
}
