import type { NativeAddon } from '../../../native/addon.ts'
import type { ReportedStream, StreamKey } from '../../protocol/stream.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { Scope } from '../scan/scope.ts'
import type { AgentState } from '../state/open-state.ts'
import type { Guard } from './guard.ts'
import type { Quarantine } from './quarantine.ts'

/** Who keeps a list of this machine's streams and hears at once what an order changed. */
export interface StreamList {
  find(key: StreamKey): ReportedStream | undefined
  recordGone(key: StreamKey): void
  recordPresent(root: string, report: ReportedStream): void
}

export interface OrderTools {
  readonly addon: NativeAddon
  readonly scope: Scope
  readonly state: AgentState
  readonly quarantine: Quarantine
  readonly guard: Guard
  /** Null: nobody keeps one (a single PC without an agent). */
  readonly streams: StreamList | null
  readonly clock: Clock
  readonly logger: Logger
}
