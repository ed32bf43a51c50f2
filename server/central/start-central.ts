/** Puts central together and runs it. Everything it needs is passed in: no environment, no arguments. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { CentralStatus } from '../protocol/api/status.ts'
import { AppError } from '../shared/app-error.ts'
import { type Clock, toTimestamp } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import { createSessionService } from './accounts/session-service.ts'
import { createSignInLimit } from './accounts/sign-in-limit.ts'
import { createTokenService } from './accounts/token-service.ts'
import { createUserService } from './accounts/user-service.ts'
import { buildApp } from './app.ts'
import { createAuditLog } from './audit/audit-log.ts'
import { createEnrolmentService } from './enrolment/enrolment-service.ts'
import { createEventHub } from './events/event-hub.ts'
import { createNotableHub } from './events/notable-hub.ts'
import { createCompareService } from './files/compare-service.ts'
import { createFileService } from './files/file-service.ts'
import type { Access } from './http/access.ts'
import { createConnections } from './link/connections.ts'
import { createHelloCheck } from './link/hello-check.ts'
import { createLinkParts, LINK_LIMITS, type LinkLimits } from './link/link-parts.ts'
import { createLiveService } from './live/live-service.ts'
import { createAdmissionService } from './machines/admission-service.ts'
import { createCoverageService } from './machines/coverage-service.ts'
import { createInventoryService } from './machines/inventory-service.ts'
import { createLabelService } from './machines/label-service.ts'
import { createMachineService } from './machines/machine-service.ts'
import { startRetention } from './machines/retention.ts'
import { createMetrics } from './metrics.ts'
import { createDispatcher } from './ordering/dispatcher.ts'
import { createOrderService } from './ordering/order-service.ts'
import { createPackageService } from './packages/package-service.ts'
import { createSavedQueryService } from './saved/saved-query-service.ts'
import { createNotableSources } from './sinks/notable-sources.ts'
import { createSinkService } from './sinks/sink-service.ts'
import { describeState } from './store/inventory/inventory-engine.ts'
import { openStores, type Stores } from './store/stores.ts'
import { createStreamService } from './streams/stream-service.ts'

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
  /** How often agents scan by themselves. */
  scanEverySeconds: number
  /** A machine that was not seen for so long counts as stale. Default 30. */
  staleAfterDays?: number | undefined
  /** How long streams that are gone are remembered; undefined: for ever. */
  keepGoneDays?: number | undefined
  /** Where browsers reach central, if a proxy makes that another origin than our own. */
  allowedOrigins?: readonly string[] | undefined
  timing?: Partial<CentralTiming> | undefined
  /** How much agents may send, and how many at once. */
  linkLimits?: Partial<LinkLimits> | undefined
}

export interface CentralTiming {
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
  /** Pause before a full disk, or a writer that died, is tried again. */
  inventoryRetryMs: number
}

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
  inventoryRetryMs: 3_000,
}

export interface RunningCentral {
  url: string
  port: number
  /** `METHOD /url` → who may use it, of every route there is. */
  routeAccess: ReadonlyMap<string, Access>
  /** The administrator's password, on the first run only and only if it was generated. */
  firstPassword: string | null
  /** Stops accepting, closes sockets, commits what agents sent, writes the WALs back. */
  close(): Promise<void>
}

/** Central without an open port: for `startCentral`, and for what asks the app directly. */
export interface AssembledCentral {
  app: FastifyInstance
  firstPassword: string | null
  close(): Promise<void>
}

export async function startCentral(options: CentralOptions): Promise<RunningCentral> {
  const { app, firstPassword, close } = await assembleCentral(options)
  try {
    await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    await close()
    throw error
  }
  const { port } = app.server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  const { routeAccess } = app
  return { url: `http://${host}:${port}`, port, routeAccess, firstPassword, close }
}

export async function assembleCentral(options: CentralOptions): Promise<AssembledCentral> {
  const { clock, logger } = options
  const timing = { ...TIMING, ...options.timing }
  const stores = await openStores(options.dataDir, { retryMs: timing.inventoryRetryMs })
  try {
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
    const staleAfterMs = (options.staleAfterDays ?? 30) * 86_400_000
    const hubs = { audit, events, notable }
    const care = stores.machineCare
    const base = { ...stores, stores, ...hubs, clock, logger, link: connections }
    const shared = { ...base, care, staleAfterMs }
    const machines = createMachineService(shared)
    const accounts = { ...shared, signInLimit: createSignInLimit(clock) }
    const sessions = createSessionService(accounts)
    const dispatcher = createDispatcher({
      ...shared,
      timeoutMs: timing.orderTimeoutMs,
      retryMs: timing.orderRetryMs,
    })
    const live = createLiveService({
      ...shared,
      live: stores.live,
      listMachines: () => stores.machineCare.list('in-service'),
      labelsOf: (machineId) => stores.machineCare.find(machineId)?.labels ?? [],
      write: stores.write,
      tickMs: timing.liveTickMs,
      graceMs: timing.liveGraceMs,
    })
    const sinks = createSinkService({ ...shared, retryMs: timing.sinkRetryMs })
    const sources = createNotableSources({
      ...shared,
      findStream: (streamId) => stores.inventory.find(streamId),
      isWanted: sinks.isWanted,
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
      openOrders: () => stores.orders.countOpen(),
      live: live.load,
      sinkQueue: sinks.queueLength,
    })
    const streams = createStreamService(shared)
    const savedQueries = createSavedQueryService({
      ...shared,
      live,
      countStreams: async (q) => {
        const { total } = await streams.page({ q, presence: 'live' }, { limit: 1 })
        return total
      },
      minScheduleSeconds: timing.minScheduleSeconds,
    })
    const warn =
      (message: string) =>
      (error: unknown): void =>
        logger.warn({ err: error }, message)
    const inventory = createInventoryService({
      ...shared,
      applied: (machineId, { changed, notable: changes }) => {
        metrics.deltaStored(changed)
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
    const checkSignature = createHelloCheck((id) => stores.machines.findPublicKey(id))
    const link = createLinkParts({
      connections,
      machines,
      inventory,
      checkHello: (nonce, hello) =>
        checkSignature(nonce, hello) ?? admission.refusal(hello.machineId, hello.facts),
      onConnected: (machineId) => {
        dispatcher.dispatchMachine(machineId)
        const { facts } = stores.machines.find(machineId)!
        labels.applyRules(machineId, facts)
        live.connected(machineId)
      },
      scanEverySeconds: options.scanEverySeconds,
      helloTimeoutMs: timing.helloTimeoutMs,
      pingEveryMs: timing.pingEveryMs,
      limits: { ...LINK_LIMITS, ...options.linkLimits },
      logger: logger.child({ part: 'link' }),
    })
    const firstPassword = await sessions.ensureAdmin(options.adminPassword)
    const app = await buildApp({
      machines,
      streams,
      savedQueries,
      orders: createOrderService({ ...shared, dispatcher }),
      live,
      files: createFileService({ ...shared, streams: stores.inventory }),
      compare: createCompareService({ ...shared, streams: stores.inventory }),
      labels,
      admission,
      coverage: createCoverageService(shared),
      enrolment: createEnrolmentService(shared),
      packages: createPackageService(options.dataDir),
      sessions,
      users: createUserService(accounts),
      tokens: createTokenService(accounts),
      audit,
      events,
      status: () => statusOf(stores),
      health: { checkStore: () => checkStores(stores), metrics: metrics.text },
      metrics,
      sinks,
      link,
      logger,
      consoleDir: options.consoleDir,
      allowedOrigins: options.allowedOrigins ?? [],
    })
    const retention = startRetention({ ...shared, keepGoneDays: options.keepGoneDays })
    const close = async (): Promise<void> => {
      await app.close()
      link.stop()
      await retention.stop()
      await dispatcher.stop()
      await live.stop()
      savedQueries.stop()
      sources.stop()
      await sinks.stop()
      events.close()
      machines.close()
      await stores.close()
    }
    return { app, firstPassword, close }
  } catch (error) {
    await stores.close()
    throw error
  }
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
