import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { BINDING_BYTES, BINDING_LABEL } from '../protocol/link-frames.ts'

/** What both ends of this TLS session, and nobody between them, can compute. Null: no TLS. */
export function bindingOf(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket)) return null
  return socket.exportKeyingMaterial(BINDING_BYTES, BINDING_LABEL, Buffer.alloc(0)).toString('hex')
}
