/** `sidestream agent service …`: what is the same on every system; the rest is a {@link ServiceManager}'s. */
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setUpState } from '../agent/set-up-state.ts'
import type { Environment } from './cli-context.ts'
import { CliError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { servicePlaces } from './places.ts'
import { linuxService } from './service-linux.ts'
import type { ServiceManager } from './service-manager.ts'
import { windowsService } from './service-windows.ts'
import type { Terminal } from './terminal.ts'

export interface ConfigureFlags {
  readonly enrolment: string
  readonly scope: string
}

export interface UninstallFlags {
  readonly purge?: boolean
}

const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 250

export async function installService(
  flags: ConfigureFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const manager = managerOf(environment)
  manager.install()
  await terminal.write(`${setUp(manager, flags, environment)}\n`)
  return ExitCode.complete
}

/** Says nothing: an installer gives it no usable standard output. */
export async function configureService(
  flags: ConfigureFlags,
  environment: Environment,
): Promise<number> {
  const manager = managerOf(environment)
  manager.configure()
  setUp(manager, flags, environment)
  return ExitCode.complete
}

export async function uninstallService(
  flags: UninstallFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const manager = managerOf(environment)
  if (manager.inspect() !== null) {
    manager.stop()
    await until(manager, (facts) => facts === null || facts.state === 'stopped', 'stop')
    manager.uninstall()
  }
  if (flags.purge) rmSync(servicePlaces(environment).data, { recursive: true, force: true })
  await terminal.write('The service is removed.\n')
  return ExitCode.complete
}

export async function moveService(
  verb: 'start' | 'stop',
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const manager = managerOf(environment)
  manager[verb]()
  const wanted = verb === 'start' ? 'running' : 'stopped'
  await until(manager, (facts) => facts?.state === wanted, verb)
  await terminal.write(`The service ${verb === 'start' ? 'runs' : 'has stopped'}.\n`)
  return ExitCode.complete
}

export async function showService(environment: Environment, terminal: Terminal): Promise<number> {
  const facts = managerOf(environment).inspect()
  if (facts === null) {
    await terminal.write('not installed\n')
    return ExitCode.failed
  }
  const rows = [
    ['state', facts.state],
    ['process', facts.processId === 0 ? 'none' : String(facts.processId)],
    ...facts.details,
  ]
  await terminal.write(rows.map(([label, value]) => `${label!.padEnd(12)}${value}\n`).join(''))
  return facts.state === 'running' ? ExitCode.complete : ExitCode.failed
}

/** What it did, for people. */
function setUp(
  manager: ServiceManager,
  { enrolment, scope }: ConfigureFlags,
  environment: Environment,
): string {
  const places = servicePlaces(environment)
  manager.protect(places)
  const given = scope.split(';').map((place) => place.trim())
  return setUpState({
    stateDir: places.state,
    scope: given.filter((place) => place !== ''),
    usualScope: [process.platform === 'win32' ? (environment.SystemDrive ?? 'C:') : '/'],
    enrolment,
  })
}

async function until(
  manager: ServiceManager,
  isDone: (facts: ReturnType<ServiceManager['inspect']>) => boolean,
  verb: string,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!isDone(manager.inspect())) {
    if (performance.now() > deadline) {
      throw new CliError(
        'SERVICE_SLOW',
        `the service did not ${verb} within ${PATIENCE_MS / 1_000} s; its log says why`,
      )
    }
    await sleep(LOOK_EVERY_MS)
  }
}

function managerOf(environment: Environment): ServiceManager {
  if (process.platform === 'win32') return windowsService()
  if (process.platform === 'linux') return linuxService(environment)
  throw new CliError('ADS_UNSUPPORTED', `there are no services of ours on ${process.platform}`)
}
