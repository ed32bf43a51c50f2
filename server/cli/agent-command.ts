/** `sidestream agent enroll|run|status`. */
import { resolve } from 'node:path'
import { readEnforcedSettings } from '../agent/enforced-settings.ts'
import { enroll } from '../agent/enroll.ts'
import { keepAgent } from '../agent/keep-agent.ts'
import { defaultSocketPath } from '../agent/local-socket.ts'
import { systemClock } from '../shared/clock.ts'
import { createLogger } from '../shared/logger.ts'
import { agentStatusText } from './agent-status-text.ts'
import { askAgent } from './ask-agent.ts'
import { ExitCode } from './exit-code.ts'
import { nativeAddon } from './native-addon.ts'
import type { Terminal } from './terminal.ts'
import { untilInterrupted } from './until-interrupted.ts'

export interface EnrollFlags {
  readonly server: string
  readonly token: string
  readonly state: string
  readonly scope: readonly string[]
  readonly exclude?: readonly string[]
  readonly name?: string
  readonly allowStream?: readonly string[]
}

export interface RunFlags {
  readonly state: string
  readonly logLevel: string
}

export interface StatusFlags {
  readonly state: string
  readonly format: 'table' | 'json'
}

export async function enrollAgent(flags: EnrollFlags, terminal: Terminal): Promise<number> {
  const stateDir = resolve(flags.state)
  const { machineId } = await enroll({
    stateDir,
    serverUrl: flags.server,
    token: flags.token,
    scope: flags.scope.map(absolutePlace),
    exclude: (flags.exclude ?? []).map(absolutePlace),
    name: flags.name,
    allowedStreams: flags.allowStream,
  })
  await terminal.write(`Enrolled as machine ${machineId}.\nRun it: ${runCommand(flags.state)}\n`)
  return ExitCode.complete
}

export async function runAgent(flags: RunFlags, terminal: Terminal): Promise<number> {
  const addon = nativeAddon()
  const agent = await keepAgent({
    stateDir: resolve(flags.state),
    logger: createLogger('agent', flags.logLevel),
    clock: systemClock,
    addon,
    enforced: readEnforcedSettings(addon),
  })
  try {
    await untilInterrupted(terminal)
  } finally {
    await agent.close()
  }
  return ExitCode.complete
}

export async function showAgentStatus(flags: StatusFlags, terminal: Terminal): Promise<number> {
  const socketPath = defaultSocketPath(resolve(flags.state))
  const status = await askAgent(socketPath, runCommand(flags.state))
  await terminal.write(
    flags.format === 'json' ? `${JSON.stringify(status)}\n` : agentStatusText(status),
  )
  return ExitCode.complete
}

/** The agent runs elsewhere and later, where a relative path would mean another place. */
function absolutePlace(place: string): string {
  // `C:` is a whole volume to us, and the current folder on it to path.resolve; `\\.\C:` is a device.
  const isVolume = /^[A-Za-z]:$/.test(place) || place.startsWith('\\\\')
  return isVolume ? place : resolve(place)
}

function runCommand(stateDir: string): string {
  return `sidestream agent run --state ${stateDir}`
}
