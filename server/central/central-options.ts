/** What central is told at its start: its options, how long it waits for what, and what it takes where nothing is said. */
import type { CentralSettings } from '../protocol/api/settings.ts'
import type { Clock } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import type { LinkLimits } from './link/link-parts.ts'
import type { TlsChoice } from './tls/open-certificates.ts'
import type { CertificateTiming } from './tls/own-certificates.ts'

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
  /** How long one run of a rule looks through the streams that match. */
  ruleLookMs: number
  /** Pause before a full disk, or a writer that died, is tried again. */
  inventoryRetryMs: number
  /** How often sinks are told the head of the audit chain, where it grew. */
  auditHeadEveryMs: number
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
  ruleArrivalsMs: 30_000,
  ruleLookMs: 20_000,
  inventoryRetryMs: 3_000,
  certificateLifeMs: 90 * 86_400_000,
  certificateRenewMs: 30 * 86_400_000,
  certificateCheckMs: 3_600_000,
  auditHeadEveryMs: 3_600_000,
}

export function timingOf({ timing }: CentralOptions): CentralTiming {
  return { ...TIMING, ...timing }
}

export function settingsOf(options: CentralOptions): CentralSettings {
  const { keepGoneDays = null, staleAfterDays = 30, scanEverySeconds } = options
  return { keepGoneDays, staleAfterDays, scanEverySeconds }
}
