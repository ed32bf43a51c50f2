/** `sidestream agent enroll|run|status|rotate-key`. */
import { resolve } from 'node:path'
import { readEnforcedSettings } from '../agent/enforced-settings.ts'
import { enroll } from '../agent/enroll.ts'
import { defaultSocketPath } from '../agent/local-socket.ts'
import { startAgent } from '../agent/start-agent.ts'
import { systemClock } from '../shared/clock.ts'
import { createLogger } from '../shared/logger.ts'
import { agentStatusText } from './agent-status-text.ts'
import { askAgent, orderAgent } from './ask-agent.ts'
import type { Environment } from './cli-context.ts'
import { badUsage } from './cli-error.ts'
import { environmentProxy } from './environment-proxy.ts'
import { ExitCode } from './exit-code.ts'
import { nativeAddon } from './native-addon.ts'
import type { Terminal } from './terminal.ts'
import { untilInterrupted } from './until-interrupted.ts'

export interface EnrollFlags {
  readonly server?: string
  readonly token?: string
  readonly pin?: readonly string[]
  readonly proxy?: string
  readonly image?: true
  readonly again?: true
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

export async function enrollAgent(
  invitation: string | undefined,
  flags: EnrollFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  if ((invitation === undefined) === (flags.server === undefined)) {
    throw badUsage('give the enrolment string from the console, or --server and --token')
  }
  const stateDir = resolve(flags.state)
  const { machineId, waitsFor } = await enroll({
    stateDir,
    invitation,
    serverUrl: flags.server,
    token: flags.token,
    pins: flags.pin,
    proxy: flags.proxy,
    environmentProxy: environmentProxy(environment),
    isImage: flags.image,
    isAgain: flags.again,
    scope: flags.scope.map(absolutePlace),
    exclude: (flags.exclude ?? []).map(absolutePlace),
    name: flags.name,
    allowedStreams: flags.allowStream,
  })
  const how = {
    approval: 'Central asks an administrator to let this machine in.',
    boot: 'Prepared as an image: each machine made from it enrols when it is booted.',
  }
  const what = waitsFor === null ? `Enrolled as machine ${machineId}.` : how[waitsFor]
  await terminal.write(`${what}\nRun it: ${runCommand(flags.state)}\n`)
  return ExitCode.complete
}

export async function runAgent(
  flags: RunFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const addon = nativeAddon()
  const agent = await startAgent({
    stateDir: resolve(flags.state),
    proxy: environmentProxy(environment),
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

export async function rotateAgentKey(
  flags: { readonly state: string },
  terminal: Terminal,
): Promise<number> {
  const socketPath = defaultSocketPath(resolve(flags.state))
  await orderAgent(socketPath, runCommand(flags.state), '/v1/identity/rotate-key')
  await terminal.write(
    'The agent has a new key, and central learns of it with the next connection.\n',
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
