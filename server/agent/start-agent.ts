/**
 * Builds one agent out of its parts and runs it. The only file that knows both the link and what it
 * carries: scan/ and strip/ are told of listeners, not of sockets.
 */
import type { NativeAddon } from '../../native/addon.ts'
import type { AgentStatus } from '../protocol/agent-api.ts'
import type { LocalPolicy } from '../protocol/policy.ts'
import { AppError } from '../shared/app-error.ts'
import type { Clock } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import { AGENT_VERSION } from './agent-version.ts'
import { type AgentApp, buildApp } from './app.ts'
import { FileFinder } from './ask/file-finder.ts'
import { QueryRunner } from './ask/query-runner.ts'
import { RunningAsks } from './ask/running-asks.ts'
import {
  type AgentConfig,
  checkConfig,
  DEFAULT_ALLOWED_STREAMS,
  type Identity,
  makeStateDir,
  readConfig,
  readIdentity,
} from './config.ts'
import { type EnforcedSettings, enforcePolicy, NOTHING_ENFORCED } from './enforced-settings.ts'
import { Inventory } from './inventory/inventory.ts'
import { Outbox } from './inventory/outbox.ts'
import { Link } from './link/link.ts'
import { DEFAULT_TIMINGS, type LinkTimings } from './link/reconnect-policy.ts'
import { RequestRunner } from './link/request-runner.ts'
import { defaultSocketPath, listen } from './local-socket.ts'
import { machineFacts, machineFingerprint } from './machine-facts.ts'
import { NEW_MACHINE, readPolicy } from './policy.ts'
import { ScanRunner } from './scan/scan-runner.ts'
import { Schedule } from './scan/schedule.ts'
import { Scope } from './scan/scope.ts'
import { type AgentState, openState } from './state/open-state.ts'
import { createOrderEngine, type OrderEngine } from './strip/order-engine.ts'

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
  readonly logger: Logger
  readonly clock: Clock
  readonly addon: NativeAddon
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
  const config = loadConfig(options)
  const identity = readIdentity(options.stateDir)
  const state = openState(options.stateDir)
  try {
    const parts = await buildParts(options, config, identity, state)
    const socketPath = options.socketPath ?? defaultSocketPath(options.stateDir)
    await listen(parts.app, socketPath)
    if (parts.link) parts.schedule.startInTurn(linkTimings(options).scanPatienceMs)
    else parts.schedule.start()
    parts.link?.start()
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
  })
}

interface Parts {
  readonly app: AgentApp
  readonly schedule: Schedule
  readonly scanRunner: ScanRunner
  readonly orders: OrderEngine
  readonly asks: RunningAsks
  readonly link: Link | null
  readonly status: () => AgentStatus
}

async function buildParts(
  options: AgentOptions,
  config: AgentConfig,
  identity: Identity | null,
  state: AgentState,
): Promise<Parts> {
  const { addon, clock, logger } = options
  const hashLimitBytes = options.hashLimitBytes ?? HASH_LIMIT_BYTES
  const hints = config.smbConf === undefined ? {} : { smbConf: config.smbConf }
  const scope = new Scope(addon, config.scope, config.exclude, hints)
  const inventory = new Inventory(state)
  const limits = { hashLimitBytes }
  const { scans } = state
  const scanRunner = new ScanRunner({ addon, scope, inventory, scans, clock, logger, limits })
  const everySeconds = options.scanEverySeconds ?? DAY_SECONDS
  const schedule = new Schedule(clock, everySeconds, () => void scanRunner.start())

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

  const asks = new RunningAsks()
  const queryRunner = new QueryRunner({ addon, scope, asks, clock, limits })
  const fileFinder = new FileFinder({ addon, scope, asks })

  const status = () => agentStatus(identity, state, scanRunner, link, policy, enforced)
  const runners = { scanRunner, orderRunner: orders.runner, queryRunner, fileFinder }
  const quarantineStore = state.quarantine
  const app = buildApp({ addon, scope, status, asks, ...runners, quarantineStore, logger })
  const link = identity && buildLink(options, config.name, identity, state, app, schedule)
  if (link) {
    inventory.onChange(() => link.wake())
    scanRunner.listen(link)
  }
  return { app, schedule, scanRunner, orders, asks, link, status }
}

function buildLink(
  options: AgentOptions,
  name: string | undefined,
  identity: Identity,
  state: AgentState,
  app: AgentApp,
  schedule: Schedule,
): Link {
  const fingerprint = machineFingerprint()
  return new Link({
    identity,
    facts: { ...machineFacts(AGENT_VERSION, name), ...(fingerprint ? { fingerprint } : {}) },
    outbox: new Outbox(state),
    requests: new RequestRunner(app),
    lastScan: () => state.scans.last(),
    isScanDue: () => schedule.isWaitingForTurn,
    onWelcome({ scanEverySeconds, scanAfterSeconds }) {
      if (options.scanEverySeconds === undefined) schedule.setEverySeconds(scanEverySeconds)
      schedule.takeTurn(scanAfterSeconds * 1_000)
    },
    timings: linkTimings(options),
    logger: options.logger,
  })
}

function linkTimings(options: AgentOptions): LinkTimings {
  return { ...DEFAULT_TIMINGS, ...options.linkTimings }
}

function agentStatus(
  identity: Identity | null,
  state: AgentState,
  scanRunner: ScanRunner,
  link: Link | null,
  policy: LocalPolicy,
  enforced: EnforcedSettings,
): AgentStatus {
  const linkStatus = link?.status() ?? {
    state: 'off' as const,
    message: 'This machine is not enrolled.',
  }
  return {
    version: AGENT_VERSION,
    machineId: identity?.machineId ?? null,
    centralUrl: identity?.centralUrl ?? null,
    link: linkStatus.state,
    linkMessage: linkStatus.message,
    volumes: [...scanRunner.volumes()],
    scanning: scanRunner.progress(),
    lastScan: state.scans.last(),
    streamsKnown: state.inventory.countPresent(),
    unacknowledged: state.inventory.countPending(),
    policy,
    enforced: [...enforced.names],
    quarantine: quarantineStatus(state),
  }
}

function quarantineStatus(state: AgentState): AgentStatus['quarantine'] {
  const { entries, bytes } = state.quarantine.totals()
  return { keptEntries: entries, keptBytes: bytes }
}

async function closeParts(parts: Parts, state: AgentState): Promise<void> {
  parts.schedule.stop()
  await parts.link?.close()
  await parts.asks.close()
  await parts.scanRunner.close()
  await parts.orders.close()
  await parts.app.close()
  state.close()
}
