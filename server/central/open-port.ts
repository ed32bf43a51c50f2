/** The last step of a start: an assembled central takes connections, and is closed again where it cannot. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ScopeHandling } from '../protocol/api/scope.ts'
import type { Access } from './http/access.ts'
import { listenedUrl } from './own-address.ts'
import type { Certificates } from './tls/certificates.ts'

/**
 * Connections that may wait to be accepted: a whole fleet comes back at once. Beyond Node's 511 the kernel drops what
 * comes, whose sender tries again only after seconds; it takes as many as `net.core.somaxconn` allows, 4096 on most.
 */
const BACKLOG = 4_096

export interface RunningCentral {
  url: string
  /** Of the certificates that it shows; none without TLS. */
  pins: string[]
  port: number
  /** `METHOD /url` → who may use it, of every route there is. */
  routeAccess: ReadonlyMap<string, Access>
  /** `METHOD /url` → what it does with an account's scope. */
  routeScope: ReadonlyMap<string, ScopeHandling | undefined>
  /** Those of them that are WebSockets. */
  webSockets: ReadonlySet<string>
  /** The administrator's password, on the first run only and only if it was generated. */
  firstPassword: string | null
  /** Stops accepting, closes sockets, commits what agents sent, writes the WALs back. */
  close(): Promise<void>
}

/** Central without an open port: for `startCentral`, and for what asks the app directly. */
export interface AssembledCentral {
  app: FastifyInstance
  firstPassword: string | null
  /** Null: plain http. */
  certificates: Certificates | null
  /** From now on enrolment strings can say where central is. */
  listens(port: number): void
  close(): Promise<void>
}

export async function openPort(
  { app, firstPassword, certificates, listens, close }: AssembledCentral,
  { host, port: wanted }: { host: string; port: number },
): Promise<RunningCentral> {
  try {
    await app.listen({ host, port: wanted, backlog: BACKLOG })
  } catch (error) {
    await close()
    throw error
  }
  const { port } = app.server.address() as AddressInfo
  listens(port)
  const { routeAccess, routeScope, webSockets } = app
  const pins = certificates?.pins() ?? []
  const url = listenedUrl(certificates, host, port)
  return { url, pins, port, routeAccess, routeScope, webSockets, firstPassword, close }
}
