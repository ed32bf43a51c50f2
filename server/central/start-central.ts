/** Puts central together and runs it. Everything it needs is passed in: no environment, no arguments. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ScopeHandling } from '../protocol/api/scope.ts'
import type { CentralSettings } from '../protocol/api/settings.ts'
import type { CentralStatus } from '../protocol/api/status.ts'
import type { MachineId } from '../protocol/ids.ts'
import { AppError } from '../shared/app-error.ts'
import { type Clock, toTimestamp } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import { createAccounts } from './accounts/accounts.ts'
import { buildApp } from './app.ts'
import { startAuditAnchor } from './audit/audit-anchor.ts'
import { createAuditLog } from './audit/audit-log.ts'
import { createEnrolmentService } from './enrolment/enrolment-service.ts'
import { createPendingService } from './enrolment/pending-service.ts'
import { createEventHub } from './events/event-hub.ts'
import { createNotableHub } from './events/notable-hub.ts'
import { createCompareService } from './files/compare-service.ts'
import { createExplainStream } from './files/explain-stream.ts'
import { createFileService } from './files/file-service.ts'
import type { Access } from './http/access.ts'
import { createConnections } from './link/connections.ts'
import { createHelloCheck } from './link/hello-check.ts'
import { createLinkParts, LINK_LIMITS, type LinkLimits } from './link/link-parts.ts'
import { createLiveService } from './live/live-service.ts'
import { createAdmissionService } from './machines/admission-service.ts'
import { createCoverageService } from './machines/coverage-service.ts'
import { createInventoryService } from './machines/inventory-service.ts'
import { createKeyService } from './machines/key-service.ts'
import { createLabelService } from './machines/label-service.ts'
import { createMachineService } from './machines/machine-service.ts'
import { startRetention } from './machines/retention.ts'
import { createMetrics } from './metrics.ts'
import { createDispatcher } from './ordering/dispatcher.ts'
import { createKeptContentService } from './ordering/kept-content-service.ts'
import { createOrderPolicyService } from './ordering/order-policy.ts'
import { startOrderRelay } from './ordering/order-relay.ts'
import { createOrderService } from './ordering/order-service.ts'
import { createPreviewService } from './ordering/preview-service.ts'
import { createPackageService } from './packages/package-service.ts'
import { ordersForRules } from './rules/orders-for-rules.ts'
import { createRuleService } from './rules/rule-service.ts'
import { createSavedQueryService } from './saved/saved-query-service.ts'
import { tellAuditedEvents } from './sinks/audited-events.ts'
import { createNotableSources } from './sinks/notable-sources.ts'
import { createSinkService } from './sinks/sink-service.ts'
import { describeState } from './store/inventory/inventory-engine.ts'
import { openStores, type Stores } from './store/stores.ts'
import { createStreamService } from './streams/stream-service.ts'
import { createCertificateService } from './tls/certificate-service.ts'
import type { Certificates } from './tls/certificates.ts'
import { openCertificates, type TlsChoice } from './tls/open-certificates.ts'
import type { CertificateTiming } from './tls/own-certificates.ts'
import { createTrendService } from './trends/trend-service.ts'

export type { TlsChoice }

export interface CentralOptions {
  /** Created if it is not there. One central at a time. */
  dataDir: string
  host: string
  /** 0: a free one. */
  port: number
  /** Of the administrator, on the first run; later runs keep the password that there is. */
  adminPassword?: string | undefined
  /** The built console (`web/dist`). */
  consoleDir?: string | undefined
  logger: Logger
  clock: Clock
  /** See directory-config.ts. Default: `directory.json` in the data folder, if there is one. */
  directoryFile?: string | undefined
  /** See openid-config.ts. Default: `openid.json` in the data folder, if there is one. */
  openIdFile?: string | undefined
  /** How often agents scan by themselves. */
  scanEverySeconds: number
  /** A machine that was not seen for so long counts as stale. Default 30. */
  staleAfterDays?: number | undefined
  /** How long streams that are gone are remembered; undefined: for ever. */
  keepGoneDays?: number | undefined
  /** Where browsers reach central, if a proxy makes that another origin than our own. */
  allowedOrigins?: readonly string[] | undefined
  /** Default `auto`: plain http on loopback only, and else by an authority of its own. */
  tls?: TlsChoice | undefined
  /** How others call this central: for its certificate, and for enrolment strings. */
  names?: readonly string[] | undefined
  timing?: Partial<CentralTiming> | undefined
  /** How much agents may send, and how many at once. */
  linkLimits?: Partial<LinkLimits> | undefined
}

export interface CentralTiming extends CertificateTiming {
  helloTimeoutMs: number
  pingEveryMs: number
  /** For one request with orders. 50 targets of 16 MiB on a slow disk are done well within. */
  orderTimeoutMs: number
  /** Pause before targets without a receipt are sent again. */
  orderRetryMs: number
  /** How often it is looked which machines did not come for a live query, and busy agents are asked again. */
  liveTickMs: number
  /** For the way to an agent and back, beyond what a live query lets it spend. */
  liveGraceMs: number
  /** Pause after a receiver of notable events did not take one. */
  sinkRetryMs: number
  /** Schedules of saved queries may not be closer. */
  minScheduleSeconds: number
  /** How long changes of the inventory are gathered before rules run over them. */
  ruleArrivalsMs: number
  /** Pause before a full disk, or a writer that died, is tried again. */
  inventoryRetryMs: number
  /** How often sinks are told the head of the audit chain, where it grew. */
  auditHeadEveryMs: number
}

/**
 * Connections that may wait to be accepted: a whole fleet comes back at once. Beyond Node's 511 the kernel drops what
 * comes, whose sender tries again only after seconds; it takes as many as `net.core.somaxconn` allows, 4096 on most.
 */
const BACKLOG = 4_096

const TIMING: CentralTiming = {
  helloTimeoutMs: 10_000,
  // Below the minute after which many proxies drop a silent connection.
  pingEveryMs: 30_000,
  orderTimeoutMs: 120_000,
  orderRetryMs: 15_000,
  liveTickMs: 5_000,
  liveGraceMs: 10_000,
  sinkRetryMs: 30_000,
  minScheduleSeconds: 300,
  ruleArrivalsMs: 30_000,
  inventoryRetryMs: 3_000,
  certificateLifeMs: 90 * 86_400_000,
  certificateRenewMs: 30 * 86_400_000,
  certificateCheckMs: 3_600_000,
  auditHeadEveryMs: 3_600_000,
}

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

export async function startCentral(options: CentralOptions): Promise<RunningCentral> {
  const { app, firstPassword, certificates, listens, close } = await assembleCentral(options)
  try {
    await app.listen({ host: options.host, port: options.port, backlog: BACKLOG })
  } catch (error) {
    await close()
    throw error
  }
  const { port } = app.server.address() as AddressInfo
  listens(port)
  const { routeAccess, routeScope, webSockets } = app
  const pins = certificates?.pins() ?? []
  const isAnyAddress = options.host === '0.0.0.0' || options.host === '::'
  const name = isAnyAddress ? certificates?.names[0] : undefined
  const url = urlOf(certificates, name ?? options.host, port)
  return { url, pins, port, routeAccess, routeScope, webSockets, firstPassword, close }
}

function urlOf(certificates: Certificates | null, host: string, port: number): string {
  const scheme = certificates === null ? 'http' : 'https'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

export async function assembleCentral(options: CentralOptions): Promise<AssembledCentral> {
  const { clock, logger } = options
  const timing = { ...TIMING, ...options.timing }
  const stores = await openStores(options.dataDir, { retryMs: timing.inventoryRetryMs })
  let certificates: Certificates | null = null
  try {
    const { dataDir, host, names, tls = 'auto' } = options
    certificates = await openCertificates({ dataDir, host, names, tls, clock, logger, timing })
    let addresses: string[] = []
    const events = createEventHub()
    stores.inventory.onState((state) => {
      logger[state.kind === 'ready' ? 'info' : 'error'](
        { state },
        'the inventory has changed its state',
      )
    })
    const audit = createAuditLog(stores.audit, clock)
    const connections = createConnections()
    const notable = createNotableHub()
    const staleAfterMs = settingsOf(options).staleAfterDays * 86_400_000
    const hubs = { audit, events, notable }
    const care = stores.machineCare
    const base = { ...stores, stores, ...hubs, clock, logger, link: connections }
    const shared = { ...base, care, staleAfterMs }
    const machines = createMachineService(shared)
    const accounts = createAccounts({ ...shared, ...options })
    const dispatcher = createDispatcher({
      ...shared,
      timeoutMs: timing.orderTimeoutMs,
      retryMs: timing.orderRetryMs,
    })
    const orderRelay = startOrderRelay({ ...shared, dispatcher })
    const orderPolicy = createOrderPolicyService(shared)
    const ordering = { ...shared, policy: orderPolicy }
    const live = createLiveService({
      ...shared,
      live: stores.live,
      listMachines: () => stores.machineCare.list('in-service'),
      labelsOf: (machineId) => stores.machineCare.find(machineId)?.labels ?? [],
      write: stores.write,
      tickMs: timing.liveTickMs,
      graceMs: timing.liveGraceMs,
    })
    const warn =
      (message: string) =>
      (error: unknown): void =>
        logger.warn({ err: error }, message)
    const sinks = createSinkService({ ...shared, retryMs: timing.sinkRetryMs })
    const untell = tellAuditedEvents(audit, notable)
    const endAnchor = startAuditAnchor({ ...hubs, clock, everyMs: timing.auditHeadEveryMs })
    const sources = createNotableSources({
      ...shared,
      findStream: (streamId) => stores.inventory.find(streamId),
      isWanted: sinks.isWanted,
      warn: warn('an order was not told of'),
    })
    const metrics = createMetrics({
      machines: () => ({ machines: stores.machines.count(), ...stores.inventory.totals() }),
      online: () => connections.countOnline(),
      link: () => ({
        deltas: link.gate.deltas,
        bytes: link.gate.bytes,
        parked: link.gate.parked,
        refusals: link.admission.refusals,
      }),
      openOrders: () => stores.orders.openOrders(),
      live: live.load,
      sinkQueue: sinks.queueLength,
    })
    const streams = createStreamService(shared)
    const savedQueries = createSavedQueryService({
      ...shared,
      live,
      scopes: accounts.scopes,
      countStreams: async (q, scope) => {
        const { total } = await streams.page({ q, presence: 'live', scope }, { limit: 1 })
        return total
      },
      minScheduleSeconds: timing.minScheduleSeconds,
    })
    const orders = createOrderService(ordering)
    const previews = createPreviewService(ordering)
    const rules = createRuleService({
      ...shared,
      ruleOrders: ordersForRules({ orders, previews, policy: orderPolicy }),
      minScheduleSeconds: timing.minScheduleSeconds,
      arrivalsMs: timing.ruleArrivalsMs,
    })
    const inventory = createInventoryService({
      ...shared,
      applied: (machineId, { changed, notable: changes }) => {
        metrics.deltaStored(changed)
        if (changed > 0) rules.inventoryChanged(machineId)
        sources.inventoryChanged(machineId, changes).catch(warn('a change was not told of'))
      },
    })
    const labels = createLabelService({
      ...shared,
      labelled: ({ machineId }) => {
        const known = stores.machines.findKnown(machineId)
        if (known === undefined) return
        // At the latest the next start brings them there.
        stores.inventory.putMachines([known]).catch(warn('labels did not reach the inventory'))
      },
    })
    const admission = createAdmissionService({
      ...shared,
      disconnect: (machineId) => connections.close(machineId, 'retired'),
    })
    const revoked = { disconnect: (id: MachineId) => connections.close(id, 'revoked') }
    const keys = createKeyService({ ...shared, ...revoked })
    const pending = createPendingService({ ...shared, ...revoked })
    const certificate = createCertificateService({ ...shared, certificates })
    const pins = () => certificates?.pins() ?? []
    certificates?.onPins(() => {
      for (const machineId of connections.list()) void keys.tellPins(machineId, pins())
    })
    const checkSignature = createHelloCheck({
      findPublicKey: (id) => stores.machines.findPublicKey(id),
      isRevoked: (id) => stores.machineKeys.isRevoked(id),
      adopt: (id, nextKey) => keys.adopt(id, nextKey),
    })
    const link = createLinkParts({
      connections,
      machines,
      inventory,
      checkHello: (context, hello) =>
        checkSignature(context, hello, () => admission.refusal(hello.machineId, hello.facts)),
      onConnected: (machineId, facts) => {
        void keys.tellPins(machineId, pins())
        dispatcher.dispatchMachine(machineId)
        labels.applyRules(machineId, facts)
        live.connected(machineId)
      },
      scanEverySeconds: options.scanEverySeconds,
      helloTimeoutMs: timing.helloTimeoutMs,
      pingEveryMs: timing.pingEveryMs,
      limits: { ...LINK_LIMITS, ...options.linkLimits },
      logger: logger.child({ part: 'link' }),
    })
    const firstPassword = await accounts.signIns.ensureAdmin(options.adminPassword)
    const trends = createTrendService(shared)
    const app = await buildApp({
      machines,
      streams,
      savedQueries,
      orders,
      rules,
      previews,
      orderPolicy,
      keptContent: createKeptContentService(shared),
      live,
      explainStream: createExplainStream({ streams, link: connections }),
      files: createFileService({ ...shared, streams: stores.inventory }),
      compare: createCompareService({ ...shared, streams: stores.inventory }),
      labels,
      admission,
      coverage: createCoverageService(shared),
      enrolment: createEnrolmentService({
        ...shared,
        pending,
        reach: () => ({ urls: addresses, pins: pins() }),
      }),
      packages: createPackageService(options.dataDir),
      pending,
      keys,
      certificate,
      certificates,
      ...accounts,
      audit,
      events,
      status: () => statusOf(stores),
      trends,
      settings: settingsOf(options),
      health: { checkStore: () => checkStores(stores), metrics: metrics.text },
      metrics,
      sinks,
      link,
      logger,
      consoleDir: options.consoleDir,
      allowedOrigins: options.allowedOrigins ?? [],
    })
    const retention = startRetention({ ...shared, keepGoneDays: options.keepGoneDays })
    const listens = (port: number): void => {
      addresses = (certificates?.names ?? []).map((name) => urlOf(certificates, name, port))
    }
    const close = async (): Promise<void> => {
      certificates?.stop()
      await app.close()
      accounts.stop()
      link.stop()
      await retention.stop()
      await trends.stop()
      orderRelay.stop()
      await dispatcher.stop()
      await live.stop()
      savedQueries.stop()
      await rules.stop()
      await sources.stop()
      endAnchor()
      untell()
      await sinks.stop()
      events.close()
      machines.close()
      await stores.close()
    }
    return { app, firstPassword, certificates, listens, close }
  } catch (error) {
    certificates?.stop()
    await stores.close()
    throw error
  }
}

function settingsOf(options: CentralOptions): CentralSettings {
  const { keepGoneDays = null, staleAfterDays = 30, scanEverySeconds } = options
  return { keepGoneDays, staleAfterDays, scanEverySeconds }
}

function statusOf({ inventory }: Stores): CentralStatus {
  const state = inventory.state()
  if (state.kind === 'ready') return { inventory: 'ready', message: null, since: null }
  return { inventory: state.kind, message: describeState(state), since: toTimestamp(state.since) }
}

async function checkStores(stores: Stores): Promise<void> {
  const state = stores.inventory.state()
  if (state.kind !== 'ready') {
    throw new AppError('NOT_READY', 503, `nothing can be stored: ${describeState(state)}`)
  }
  await stores.check()
}
