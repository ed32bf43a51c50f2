/** The Fastify app: what every route shares, and the routes. Holds no rules of its own. */
import type { Server } from 'node:https'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import websocket from '@fastify/websocket'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import type { CentralSettings } from '../protocol/api/settings.ts'
import type { CentralStatus } from '../protocol/api/status.ts'
import { MAX_FRAME_BYTES } from '../protocol/limits.ts'
import type { Logger } from '../shared/logger.ts'
import type { ScopeService } from './accounts/scope-service.ts'
import type { SessionService } from './accounts/session-service.ts'
import type { SignInService } from './accounts/sign-in-service.ts'
import type { TokenService } from './accounts/token-service.ts'
import type { UserService } from './accounts/user-service.ts'
import type { AuditLog } from './audit/audit-log.ts'
import type { EnrolmentService } from './enrolment/enrolment-service.ts'
import type { EventHub } from './events/event-hub.ts'
import { guardRoutes } from './http/access.ts'
import { auditRoutes } from './http/audit-routes.ts'
import { certificateRoutes } from './http/certificate-routes.ts'
import { consoleRoutes } from './http/console-routes.ts'
import { enrolmentRoutes } from './http/enrolment-routes.ts'
import { sendError, sendNotFound } from './http/error-replies.ts'
import { eventsRoute } from './http/events-route.ts'
import { type FactorRoutesOptions, factorRoutes } from './http/factor-routes.ts'
import { type FileRoutesOptions, fileRoutes } from './http/file-routes.ts'
import { type HealthRoutesOptions, healthRoutes } from './http/health-routes.ts'
import { type KeptContentRoutesOptions, keptContentRoutes } from './http/kept-content-routes.ts'
import { liveRoutes } from './http/live-routes.ts'
import { type MachineCareRoutesOptions, machineCareRoutes } from './http/machine-care-routes.ts'
import { machineRoutes } from './http/machine-routes.ts'
import { type MachineTrustRoutesOptions, machineTrustRoutes } from './http/machine-trust-routes.ts'
import { type OpenIdRoutesOptions, openIdRoutes } from './http/openid-routes.ts'
import { type OrderRoutesOptions, orderRoutes } from './http/order-routes.ts'
import { type PackageRoutesOptions, packageRoutes } from './http/package-routes.ts'
import { type PreviewRoutesOptions, previewRoutes } from './http/preview-routes.ts'
import { quarantineRoutes } from './http/quarantine-routes.ts'
import { type RuleRoutesOptions, ruleRoutes } from './http/rule-routes.ts'
import { type SavedQueryRoutesOptions, savedQueryRoutes } from './http/saved-query-routes.ts'
import { securityHeaders } from './http/security-headers.ts'
import { sessionRoutes } from './http/session-routes.ts'
import { type SinkRoutesOptions, sinkRoutes } from './http/sink-routes.ts'
import { statusRoutes } from './http/status-routes.ts'
import { streamRoutes } from './http/stream-routes.ts'
import { tokenRoutes } from './http/token-routes.ts'
import { trendRoutes } from './http/trend-routes.ts'
import { userRoutes } from './http/user-routes.ts'
import { compileValidator } from './http/validation.ts'
import { agentRoutes } from './link/agent-routes.ts'
import type { LinkParts } from './link/link-parts.ts'
import type { LiveService } from './live/live-service.ts'
import type { MachineService } from './machines/machine-service.ts'
import type { Metrics } from './metrics.ts'
import type { StreamService } from './streams/stream-service.ts'
import type { CertificateService } from './tls/certificate-service.ts'
import type { Certificates } from './tls/certificates.ts'
import type { TrendService } from './trends/trend-service.ts'

export interface AppParts
  extends FileRoutesOptions,
    MachineCareRoutesOptions,
    MachineTrustRoutesOptions,
    PackageRoutesOptions,
    SinkRoutesOptions,
    RuleRoutesOptions,
    SavedQueryRoutesOptions,
    OpenIdRoutesOptions,
    OrderRoutesOptions,
    KeptContentRoutesOptions,
    PreviewRoutesOptions,
    FactorRoutesOptions {
  machines: MachineService
  streams: StreamService
  live: LiveService
  enrolment: EnrolmentService
  certificate: CertificateService
  /** Null: plain http. */
  certificates: Certificates | null
  sessions: SessionService
  signIns: SignInService
  users: UserService
  tokens: TokenService
  scopes: ScopeService
  audit: AuditLog
  events: EventHub
  health: HealthRoutesOptions
  status: () => CentralStatus
  settings: CentralSettings
  trends: TrendService
  metrics: Metrics
  link: LinkParts
  logger: Logger
  consoleDir: string | undefined
  allowedOrigins: readonly string[]
}

/** How long sockets have to say goodbye when central stops. */
const GOODBYE_MS = 1_000

export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const options = {
    loggerInstance: parts.logger as FastifyBaseLogger,
    // A line for each request would bury what matters; failures are logged in sendError.
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: sendError,
  }
  const app = parts.certificates === null ? fastify(options) : overTls(options, parts.certificates)
  app.setValidatorCompiler(compileValidator)
  app.setErrorHandler(sendError)
  app.setNotFoundHandler(sendNotFound)
  // JSON only. A form of another site can send text/plain without asking first.
  app.removeContentTypeParser('text/plain')

  await app.register(cookie)
  await app.register(websocket, {
    options: { maxPayload: MAX_FRAME_BYTES },
    preClose: (done) => closeSockets(app, done),
  })
  guardRoutes(app, parts)
  parts.metrics.watch(app)
  await app.register(helmet, securityHeaders(parts.certificates !== null))
  await app.register(rateLimit, { global: false })
  await app.register(swagger, {
    openapi: { info: { title: 'Sidestream central', version: '1' } },
  })

  await app.register(healthRoutes, parts.health)
  await app.register(agentRoutes, parts)
  await app.register(apiRoutes, { prefix: '/api/v1', parts })
  await app.register(consoleRoutes, parts)
  await app.ready()
  return app
}

/** Connections that are there keep the certificate that they began with. */
function overTls(options: FastifyServerOptions, certificates: Certificates): FastifyInstance {
  const https = { ...certificates.current(), minVersion: 'TLSv1.3' } as const
  const app = fastify({ ...(options as object), https }) as unknown as FastifyInstance
  const server = app.server as unknown as Server
  certificates.onChange(() => server.setSecureContext({ ...https, ...certificates.current() }))
  return app
}

async function apiRoutes(app: FastifyInstance, { parts }: { parts: AppParts }): Promise<void> {
  await app.register(sessionRoutes, parts)
  await app.register(openIdRoutes, parts)
  await app.register(factorRoutes, parts)
  await app.register(machineRoutes, parts)
  await app.register(machineCareRoutes, parts)
  await app.register(machineTrustRoutes, parts)
  await app.register(certificateRoutes, parts)
  await app.register(streamRoutes, parts)
  await app.register(previewRoutes, parts)
  await app.register(orderRoutes, parts)
  await app.register(keptContentRoutes, parts)
  await app.register(liveRoutes, parts)
  await app.register(fileRoutes, parts)
  await app.register(sinkRoutes, parts)
  await app.register(savedQueryRoutes, parts)
  await app.register(ruleRoutes, parts)
  await app.register(enrolmentRoutes, parts)
  await app.register(packageRoutes, parts)
  await app.register(auditRoutes, parts)
  await app.register(userRoutes, parts)
  await app.register(tokenRoutes, parts)
  await app.register(statusRoutes, parts)
  await app.register(trendRoutes, parts)
  await app.register(quarantineRoutes, parts)
  await app.register(eventsRoute, parts)
  app.get(
    '/openapi.json',
    { config: { access: 'public', scope: 'none' }, schema: { hide: true } },
    async () => app.swagger(),
  )
}

function closeSockets(app: FastifyInstance, done: () => void): void {
  const { websocketServer } = app
  for (const socket of websocketServer.clients) socket.close(1001, 'central is stopping')
  const timer = setTimeout(() => {
    for (const socket of websocketServer.clients) socket.terminate()
  }, GOODBYE_MS)
  websocketServer.close(() => {
    clearTimeout(timer)
    done()
  })
}
