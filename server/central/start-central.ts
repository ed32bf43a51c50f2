/**
 * Puts central together and runs it: what there is, in the order in which it starts and ends. Everything it needs is
 * passed in: no environment, no arguments.
 */
import { createAccounts } from './accounts/accounts.ts'
import { buildApp } from './app.ts'
import { createAuditLog } from './audit/audit-log.ts'
import { type CentralOptions, settingsOf, timingOf } from './central-options.ts'
import { checkStores, logStates, statusOf } from './central-status.ts'
import { createEventHub } from './events/event-hub.ts'
import { createNotableHub } from './events/notable-hub.ts'
import { createCompareService } from './files/compare-service.ts'
import { createExplainStream } from './files/explain-stream.ts'
import { createFileService } from './files/file-service.ts'
import { createConnections } from './link/connections.ts'
import { createLinkParts, LINK_LIMITS } from './link/link-parts.ts'
import { createLiveService } from './live/live-service.ts'
import { createMachineTrust } from './machine-trust.ts'
import { createInventoryService } from './machines/inventory-service.ts'
import { createMachineCare } from './machines/machine-care.ts'
import { createMachineService } from './machines/machine-service.ts'
import { startRetention } from './machines/retention.ts'
import { createMetrics } from './metrics.ts'
import { type AssembledCentral, openPort, type RunningCentral } from './open-port.ts'
import { startOrdering } from './ordering/start-ordering.ts'
import { createOwnAddress } from './own-address.ts'
import { createPackageService } from './packages/package-service.ts'
import { ordersForRules } from './rules/orders-for-rules.ts'
import { createRuleService } from './rules/rule-service.ts'
import { createSavedQueryService } from './saved/saved-query-service.ts'
import { startTelling } from './sinks/start-telling.ts'
import { openStores } from './store/stores.ts'
import { createStreamService } from './streams/stream-service.ts'
import type { Certificates } from './tls/certificates.ts'
import { openCertificates, type TlsChoice } from './tls/open-certificates.ts'
import { createTrendService } from './trends/trend-service.ts'

export type { CentralOptions, RunningCentral, TlsChoice }

export async function startCentral(options: CentralOptions): Promise<RunningCentral> {
  return openPort(await assembleCentral(options), options)
}

export async function assembleCentral(options: CentralOptions): Promise<AssembledCentral> {
  const { clock, logger, dataDir } = options
  const timing = timingOf(options)
  const settings = settingsOf(options)
  const stores = await openStores(dataDir, { retryMs: timing.inventoryRetryMs })
  let certificates: Certificates | null = null
  try {
    const { host, names, tls = 'auto' } = options
    certificates = await openCertificates({ dataDir, host, names, tls, clock, logger, timing })
    const address = createOwnAddress(certificates)
    const events = createEventHub()
    logStates(stores.inventory, logger)
    const audit = createAuditLog(stores.audit, clock)
    const connections = createConnections()
    const notable = createNotableHub()
    const shared = {
      ...stores,
      stores,
      audit,
      events,
      notable,
      clock,
      logger,
      link: connections,
      care: stores.machineCare,
      staleAfterMs: settings.staleAfterDays * 86_400_000,
    }
    const machines = createMachineService(shared)
    const accounts = createAccounts({ ...shared, ...options })
    // Before orders: they tell at once what a crash left untold.
    const telling = startTelling({
      ...shared,
      retryMs: timing.sinkRetryMs,
      auditHeadEveryMs: timing.auditHeadEveryMs,
    })
    const ordering = startOrdering({
      ...shared,
      timeoutMs: timing.orderTimeoutMs,
      retryMs: timing.orderRetryMs,
    })
    const live = createLiveService({
      ...shared,
      listMachines: () => stores.machineCare.list('in-service'),
      labelsOf: (machineId) => stores.machineCare.find(machineId)?.labels ?? [],
      tickMs: timing.liveTickMs,
      graceMs: timing.liveGraceMs,
    })
    const metrics = createMetrics({
      machines: () => ({ machines: stores.machines.count(), ...stores.inventory.totals() }),
      online: () => connections.countOnline(),
      link: () => link.load(),
      openOrders: () => stores.orders.openOrders(),
      live: live.load,
      sinkQueue: telling.sinks.queueLength,
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
    const rules = createRuleService({
      ...shared,
      ruleOrders: ordersForRules({ ...ordering, policy: ordering.orderPolicy }),
      minScheduleSeconds: timing.minScheduleSeconds,
      arrivalsMs: timing.ruleArrivalsMs,
      lookMs: timing.ruleLookMs,
    })
    const inventory = createInventoryService({
      ...shared,
      applied: (machineId, { changed, notable: changes }) => {
        metrics.deltaStored(changed)
        if (changed > 0) rules.inventoryChanged(machineId)
        telling.inventoryChanged(machineId, changes)
      },
    })
    const machineCare = createMachineCare({
      ...shared,
      disconnect: (machineId) => connections.close(machineId, 'retired'),
    })
    const trust = createMachineTrust({
      ...shared,
      admission: machineCare.admission,
      certificates,
      urls: address.urls,
    })
    const link = createLinkParts({
      connections,
      machines,
      inventory,
      checkHello: trust.checkHello,
      onConnected: (machineId, facts) => {
        trust.tellPins(machineId)
        ordering.dispatchMachine(machineId)
        machineCare.labels.applyRules(machineId, facts)
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
      ...accounts,
      ...ordering,
      ...machineCare,
      ...trust,
      machines,
      streams,
      savedQueries,
      rules,
      live,
      explainStream: createExplainStream({ streams, link: connections }),
      files: createFileService({ ...shared, streams: stores.inventory }),
      compare: createCompareService({ ...shared, streams: stores.inventory }),
      packages: createPackageService(dataDir),
      certificates,
      audit,
      events,
      status: () => statusOf(stores.inventory),
      trends,
      settings,
      health: { checkStore: () => checkStores(stores), metrics: metrics.text },
      metrics,
      sinks: telling.sinks,
      link,
      logger,
      consoleDir: options.consoleDir,
      allowedOrigins: options.allowedOrigins ?? [],
    })
    const retention = startRetention({ ...shared, keepGoneDays: options.keepGoneDays })
    const close = async (): Promise<void> => {
      certificates?.stop()
      await app.close()
      accounts.stop()
      link.stop()
      await retention.stop()
      await trends.stop()
      await ordering.stop()
      await live.stop()
      savedQueries.stop()
      await rules.stop()
      await telling.stop()
      events.close()
      machines.close()
      await stores.close()
    }
    return { app, firstPassword, certificates, listens: address.listens, close }
  } catch (error) {
    certificates?.stop()
    await stores.close()
    throw error
  }
}
