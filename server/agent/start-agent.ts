/**
 * Builds one agent out of its parts and runs it. The only file that knows both the link and what it
 * carries: scan/ and strip/ are told of listeners, not of sockets.
 */
import type { AgentAddon } from '../../native/addon.ts'
import type { AgentStatus } from '../protocol/agent-api.ts'
import { AppError } from '../shared/app-error.ts'
import type { Clock } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import { agentStatus } from './agent-status.ts'
import { AGENT_VERSION } from './agent-version.ts'
import { type AgentApp, buildApp } from './app.ts'
import { FileFinder } from './ask/file-finder.ts'
import { QueryRunner } from './ask/query-runner.ts'
import { RunningAsks } from './ask/running-asks.ts'
import { CentralSide } from './central-side.ts'
import {
  type AgentConfig,
  checkConfig,
  DEFAULT_ALLOWED_STREAMS,
  DEFAULT_QUIET,
  makeStateDir,
  type QuietConfig,
  readConfig,
  readEnrolment,
  readIdentity,
} from './config.ts'
import { type EnforcedSettings, enforcePolicy, NOTHING_ENFORCED } from './enforced-settings.ts'
import { Inventory } from './inventory/inventory.ts'
import { Outbox } from './inventory/outbox.ts'
import { Link } from './link/link.ts'
import { DEFAULT_TIMINGS, type LinkTimings } from './link/reconnect-policy.ts'
import { RequestRunner } from './link/request-runner.ts'
import { defaultSocketPath, listen } from './local-socket.ts'
import { enrolmentFacts } from './machine-facts.ts'
import { NEW_MACHINE, readPolicy } from './policy.ts'
import { machineReader } from './quiet/machine-now.ts'
import { MemoryKeeper } from './quiet/memory-keeper.ts'
import { Patience } from './quiet/patience.ts'
import type { MachineNow } from './quiet/quiet-rules.ts'
import { type ScanPace, ScanRunner } from './scan/scan-runner.ts'
import { Schedule } from './scan/schedule.ts'
import { Scope } from './scan/scope.ts'
import { type AgentState, openState } from './state/open-state.ts'
import { createOrderEngine, type OrderEngine } from './strip/order-engine.ts'
import { type HttpProxy, proxyOf } from './trust/central-door.ts'
import { DEFAULT_WATCH_TIMINGS, type WatchTimings } from './watch/feed.ts'
import { Watcher } from './watch/watcher.ts'

export interface AgentOptions {
  readonly stateDir: string
  /** Instead of the scope of `agent.json`. */
  readonly scope?: readonly string[]
  readonly exclude?: readonly string[]
  /** By group policy: instead of what the files say. */
  readonly enforced?: EnforcedSettings
  /** Default: inside `stateDir`; a named pipe on Windows. */
  readonly socketPath?: string
  /** Instead of what central says. */
  readonly scanEverySeconds?: number
  /** Larger streams are reported without hash and cannot be stripped. Default 256 MiB. */
  readonly hashLimitBytes?: number
  readonly linkTimings?: Partial<LinkTimings>
  readonly watchTimings?: Partial<WatchTimings>
  /** Instead of what this machine says of itself. */
  readonly readMachine?: () => MachineNow
  /** On the way to central, where agent.json names none. */
  readonly proxy?: HttpProxy | undefined
  /** Instead of what the system says of this boot. */
  readonly boot?: string
  readonly logger: Logger
  readonly clock: Clock
  readonly addon: AgentAddon
}

export interface RunningAgent {
  readonly socketPath: string
  status(): AgentStatus
  /** Ends the scan and the link, finishes the order target at work, and lets go of the state. */
  close(): Promise<void>
}

const DAY_SECONDS = 86_400
const HASH_LIMIT_BYTES = 256 * 1024 * 1024

export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  makeStateDir(options.stateDir)
  options.addon.shareFreeMemory()
  const config = loadConfig(options)
  const identity = readIdentity(options.stateDir)
  const enrolment = readEnrolment(options.stateDir)
  const state = openState(options.stateDir)
  try {
    const parts = await buildParts(options, config, state)
    const socketPath = options.socketPath ?? defaultSocketPath(options.stateDir)
    await listen(parts.app, socketPath)
    await parts.watcher.start()
    startSchedule(options, parts, state, identity !== null || enrolment !== null)
    // One that was asked for last: the key that there is may be the one that is revoked.
    if (enrolment) parts.central.join(enrolment)
    else if (identity) parts.central.connect(identity)
    options.logger.info({ socketPath, machineId: identity?.machineId ?? null }, 'agent started')
    const close = async () => {
      await closeParts(parts, state)
      options.logger.info('agent stopped')
    }
    return { socketPath, status: parts.status, close }
  } catch (error) {
    state.close()
    throw error
  }
}

/** A volume whose journal went on from where the inventory is needs no scan before its time. */
function startSchedule(
  options: AgentOptions,
  { schedule, watcher }: Parts,
  state: AgentState,
  hasCentral: boolean,
): void {
  const last = state.scans.last()
  if (watcher.isInStep && last !== null) schedule.startAfter(Date.parse(last.startedAt))
  else if (hasCentral) schedule.startInTurn(linkTimings(options).scanPatienceMs)
  else schedule.start()
}

function loadConfig(options: AgentOptions): AgentConfig {
  const { stateDir, enforced = NOTHING_ENFORCED } = options
  const config = readConfig(stateDir)
  const scope = enforced.scope ?? options.scope
  const exclude = enforced.exclude ?? options.exclude
  if (scope === undefined && config === null) {
    throw new AppError(
      'CONFIG_INVALID',
      500,
      `${stateDir} has no agent.json and no scope was given. Enrol this machine, or name what to scan.`,
    )
  }
  return checkConfig('The scope', {
    scope: [...(scope ?? config?.scope ?? [])],
    exclude: [...(exclude ?? config?.exclude ?? [])],
    allowedStreams: [...(config?.allowedStreams ?? DEFAULT_ALLOWED_STREAMS)],
    ...(config?.name === undefined ? {} : { name: config.name }),
    ...(config?.smbConf === undefined ? {} : { smbConf: config.smbConf }),
    ...(config?.quiet === undefined ? {} : { quiet: config.quiet }),
    ...(config?.proxy === undefined ? {} : { proxy: config.proxy }),
  })
}

interface Parts {
  readonly app: AgentApp
  readonly schedule: Schedule
  readonly scanRunner: ScanRunner
  readonly watcher: Watcher
  readonly orders: OrderEngine
  readonly asks: RunningAsks
  readonly central: CentralSide
  readonly memory: MemoryKeeper
  readonly status: () => AgentStatus
}

async function buildParts(
  options: AgentOptions,
  config: AgentConfig,
  state: AgentState,
): Promise<Parts> {
  const { addon, clock, logger } = options
  const hashLimitBytes = options.hashLimitBytes ?? HASH_LIMIT_BYTES
  const hints = config.smbConf === undefined ? {} : { smbConf: config.smbConf }
  const scope = new Scope(addon, config.scope, config.exclude, hints)
  const inventory = new Inventory(state)
  const limits = { hashLimitBytes }
  const { scans } = state
  const quiet = config.quiet ?? DEFAULT_QUIET
  const patience = patienceFor(options, quiet)
  const pace = paceFor(quiet)
  const scanTools = { addon, scope, inventory, scans, clock, logger, limits, pace, patience }
  const scanRunner = new ScanRunner(scanTools)
  const watcher = new Watcher(
    {
      addon,
      scope,
      inventory,
      state,
      limits,
      clock,
      logger,
      timings: { ...DEFAULT_WATCH_TIMINGS, ...options.watchTimings },
    },
    (why) => void scanRunner.start('quietly', why),
  )
  const memory = new MemoryKeeper(addon, state)
  scanRunner.keepInStep(memory.around(watcher))
  scanRunner.listen(memory)
  const everySeconds = options.scanEverySeconds ?? DAY_SECONDS
  const schedule = new Schedule(clock, everySeconds, () => void scanRunner.start('quietly'))

  // What `allowedStreams` says is the short form of a policy, for a machine that has no longer one.
  const enforced = options.enforced ?? NOTHING_ENFORCED
  const own = readPolicy(options.stateDir, { ...NEW_MACHINE, streams: config.allowedStreams })
  const policy = enforcePolicy(own, enforced)
  const orders = await createOrderEngine({
    stateDir: options.stateDir,
    addon,
    scope,
    state,
    policy,
    maxBytes: hashLimitBytes,
    streams: inventory,
    clock,
    logger,
  })
  await orders.begin()

  const asks = new RunningAsks()
  const queryRunner = new QueryRunner({ addon, scope, asks, clock, limits })
  const fileFinder = new FileFinder({ addon, scope, asks })

  const status = () => agentStatus({ central, state, scanRunner, watcher, policy, enforced })
  const runners = { scanRunner, orderRunner: orders.runner, queryRunner, fileFinder }
  const trust = { identity: () => central.identity, onNextKey: () => central.link?.reconnect() }
  const quarantineStore = state.quarantine
  const app = buildApp({
    addon,
    scope,
    status,
    asks,
    ...runners,
    ...trust,
    quarantineStore,
    logger,
  })
  const { stateDir } = options
  const about = {
    stateDir,
    name: config.name,
    proxy: proxyOf(config.proxy) ?? options.proxy,
    logger,
  }
  const timings = linkTimings(options)
  const central = new CentralSide({ ...about, timings, boot: options.boot }, (identity, door) => {
    const link = new Link({
      identity,
      door,
      facts: enrolmentFacts(AGENT_VERSION, config.name),
      outbox: new Outbox(state),
      requests: new RequestRunner(app),
      lastScan: () => state.scans.last(),
      isScanDue: () => schedule.isWaitingForTurn,
      onWelcome({ scanEverySeconds, scanAfterSeconds }) {
        if (options.scanEverySeconds === undefined) schedule.setEverySeconds(scanEverySeconds)
        schedule.takeTurn(scanAfterSeconds * 1_000)
      },
      timings,
      logger,
    })
    inventory.onChange(() => link.wake())
    scanRunner.listen(link)
    return link
  })
  return { app, schedule, scanRunner, watcher, orders, asks, central, memory, status }
}

function paceFor({ filesPerSecond, megabytesPerSecond }: QuietConfig): ScanPace {
  return {
    ...(filesPerSecond === null ? {} : { filesPerSecond }),
    ...(megabytesPerSecond === null ? {} : { bytesPerSecond: megabytesPerSecond * 1_000_000 }),
  }
}

/** Null: a scan never waits. */
function patienceFor(
  { addon, logger, readMachine }: AgentOptions,
  { mostDelayMinutes }: QuietConfig,
): (() => Patience) | null {
  if (mostDelayMinutes === 0) return null
  const read = readMachine ?? machineReader(addon)
  const onWait = (why: string | null) => {
    if (why !== null) logger.info({ why }, 'scan waits')
  }
  return () => new Patience({ readMachine: read, mostMs: mostDelayMinutes * 60_000, onWait })
}

function linkTimings(options: AgentOptions): LinkTimings {
  return { ...DEFAULT_TIMINGS, ...options.linkTimings }
}

async function closeParts(parts: Parts, state: AgentState): Promise<void> {
  parts.schedule.stop()
  await parts.central.close()
  await parts.asks.close()
  await parts.watcher.close()
  await parts.scanRunner.close()
  await parts.orders.close()
  await parts.app.close()
  // After the scan that this ended, which asks for memory to be given back.
  parts.memory.close()
  state.close()
}
