/** The installer and the installed program under Wine. Everything is awaited: central runs in this process. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../../../scripts/lib/wait-for.ts'
import type { AgentStatus } from '../../../server/protocol/agent-api.ts'
import { windowsPath } from '../support/windows.ts'

const checkout = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)))
const bench = join(checkout, 'test/windows/bench/winbench')
const benchFolder = process.env.WINBENCH_DIR ?? join(homedir(), '.cache/sidestream-winbench')

/** Where Linux sees what is installed there. */
export interface Installed {
  readonly program: string
  readonly data: string
}

const INSTALLED_NODE = 'C:\\Program Files\\Sidestream\\node.exe'
const INSTALLED_MAIN = 'C:\\Program Files\\Sidestream\\server\\cli\\sidestream.mjs'
const CONTROL = 'HKLM\\System\\CurrentControlSet\\Control'
const ENVIRONMENT = `${CONTROL}\\Session Manager\\Environment`
const SERVICE_KEY = 'HKLM\\System\\CurrentControlSet\\Services\\SidestreamAgent'
const EVENT_SOURCE_KEY =
  'HKLM\\System\\CurrentControlSet\\Services\\EventLog\\Application\\Sidestream'
export const POLICY_KEY = 'HKLM\\Software\\Policies\\Sidestream'

/** A step on a busy machine: an installation copies 100 MB of node.exe, and each start of it reads them. */
export const STEP_MS = 180_000

export interface Finished {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function run(program: string, args: readonly string[], environment = {}): Promise<Finished> {
  const options = {
    encoding: 'utf8',
    timeout: STEP_MS,
    maxBuffer: 64 * 1024 * 1024,
    cwd: checkout,
    env: { ...process.env, ...environment },
  } as const
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ status, stdout, stderr })
    })
  })
}

const wine = (...args: string[]) => run(bench, ['wine', '--', ...args])

export const setRegistry = (key: string, name: string, type: string, data: string) =>
  wine('reg', 'add', key, '/v', name, '/t', type, '/d', data, '/f')
export const removeRegistry = (key: string) => wine('reg', 'delete', key, '/f')
const isInRegistry = async (key: string) => (await wine('reg', 'query', key)).status === 0
export const isServiceKnown = () => isInRegistry(SERVICE_KEY)
export const isEventSourceKnown = () => isInRegistry(EVENT_SOURCE_KEY)

/** `npm run package:agent` itself. Returns the MSI. */
export async function packageAgent(folder: string, version: string): Promise<string> {
  const script = join(checkout, 'scripts/package/package-agent.ts')
  const args = [script, '--arch', 'x64', '--out', folder, '--version', version]
  const { status, stderr } = await run(process.execPath, args)
  if (status !== 0) throw new Error(`no package: ${stderr}`)
  return join(folder, `sidestream-agent-${version}-win32-x64.msi`)
}

export const install = (msi: string, ...properties: string[]) => installer('/i', msi, properties)
export const uninstall = (msi: string, ...properties: string[]) => installer('/x', msi, properties)

/** Rejects with what the installer's own log says of its actions. */
async function installer(what: '/i' | '/x', msi: string, properties: string[]): Promise<void> {
  const log = `${msi}.log`
  rmSync(log, { force: true })
  const args = [what, windowsPath(msi), '/qn', '/l*v', windowsPath(log), ...properties]
  const { status, stderr } = await wine('msiexec', ...args)
  if (status === 0) return
  const said = existsSync(log) ? readFileSync(log, 'latin1').split(/\r?\n/) : []
  const actions = said.filter((line) => /^Action /.test(line)).slice(-12)
  throw new Error(`msiexec ${what} ended with ${status}. ${stderr}\n${actions.join('\n')}`)
}

/** The installed `sidestream`, on the installed Node. */
export const sidestream = (...args: string[]) => wine(INSTALLED_NODE, INSTALLED_MAIN, ...args)

export function agentStatus(isWanted = (_: AgentStatus) => true): Promise<AgentStatus> {
  return waitFor(
    'the service to answer as wanted',
    async () => {
      const { status, stdout } = await sidestream('agent', 'status', '--format', 'json')
      const answer = status === 0 ? (JSON.parse(stdout) as AgentStatus) : undefined
      return answer !== undefined && isWanted(answer) ? answer : undefined
    },
    60_000,
  )
}

/** Central’s own command line, on Linux. */
export function askFleet(args: readonly string[], environment: object): Promise<Finished> {
  const main = join(checkout, 'server/cli/main.ts')
  return run(process.execPath, [main, ...args], environment)
}

/** A Windows of its own, for this process, in which nothing was ever installed. */
export async function openWindows(folder: string): Promise<Installed> {
  const prefix = join(folder, 'prefix')
  process.env.WINBENCH_PREFIX = prefix
  const { status, stderr } = await run(bench, ['prefix'])
  if (status !== 0) throw new Error(`no Windows: ${stderr}`)
  // Services get their environment from the registry: the shim, and what it needs to give files the same
  // identities as the raw volume does.
  const shim = windowsPath(join(benchFolder, 'shim.node')).replaceAll('\\', '/')
  await setRegistry(ENVIRONMENT, 'NODE_OPTIONS', 'REG_SZ', `-r "${shim}"`)
  await setRegistry(ENVIRONMENT, 'WINBENCH_DIR', 'REG_SZ', benchFolder)
  // A busy machine starts them slowly.
  await setRegistry(CONTROL, 'ServicesPipeTimeout', 'REG_DWORD', '120000')
  await closeWindows()
  const drive = join(prefix, 'drive_c')
  return {
    program: join(drive, 'Program Files/Sidestream'),
    data: join(drive, 'ProgramData/Sidestream'),
  }
}

/** Ends everything that runs there. */
export const closeWindows = () => run(bench, ['stop'])
