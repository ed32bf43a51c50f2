/** What runs inside the Windows service. */
import type { AgentAddon } from '../../native/addon.ts'
import type { NativeService } from '../../native/service.ts'
import { readEnforcedSettings } from '../agent/enforced-settings.ts'
import { type RunningAgent, startAgent } from '../agent/start-agent.ts'
import { systemEventStream } from '../agent/system-events.ts'
import { systemClock } from '../shared/clock.ts'
import { openLogFile } from '../shared/log-file.ts'
import { createLoggerTo, type Logger } from '../shared/logger.ts'
import type { Places } from './places.ts'

/** A rotated file for all of it, the event log for what administrators look for. */
export function openServiceLog(
  { logs }: Places,
  service: NativeService,
  logLevel: string,
): { logger: Logger; close(): Promise<void> } {
  const file = openLogFile(logs, 'agent.log')
  return {
    logger: createLoggerTo([file, systemEventStream(service)], 'agent', logLevel),
    close: () => new Promise((resolve) => file.end(resolve)),
  }
}

export async function openServiceAgent(
  { state }: Places,
  addon: AgentAddon & NativeService,
  logger: Logger,
): Promise<RunningAgent> {
  const enforced = readEnforcedSettings(addon)
  return startAgent({ stateDir: state, logger, clock: systemClock, addon, enforced })
}
