/** systemd, through systemctl. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CliError } from './cli-error.ts'
import type { ServiceManager } from './service-manager.ts'
import { agentUnit } from './systemd-units.ts'

const UNIT = 'sidestream-agent.service'
/** Where an administrator's units are; a package's own one lies in /lib and gives way to it. */
const UNIT_FOLDER = '/etc/systemd/system'

export function linuxService(
  environment: Readonly<Record<string, string | undefined>>,
): ServiceManager {
  const file = `${environment.SIDESTREAM_UNIT_FOLDER ?? UNIT_FOLDER}/${UNIT}`
  const packaged = `/lib/systemd/system/${UNIT}`
  const isThere = () => existsSync(file) || existsSync(packaged)
  return {
    install: () => {
      const main = fileURLToPath(new URL('./sidestream.mjs', import.meta.url))
      writeUnit(file, agentUnit({ node: process.execPath, main }))
      systemctl('daemon-reload')
      systemctl('enable', UNIT)
    },
    configure: () => {
      systemctl('daemon-reload')
      systemctl('enable', UNIT)
    },
    uninstall: () => {
      systemctl('disable', UNIT)
      rmSync(file, { force: true })
      systemctl('daemon-reload')
    },
    start: () => void systemctl('start', '--no-block', UNIT),
    stop: () => void systemctl('stop', '--no-block', UNIT),
    inspect: () => {
      if (!isThere()) return null
      const shown = systemctl('show', '--property=ActiveState,MainPID,UnitFileState', UNIT)
      const { ActiveState = 'unknown', MainPID = '0', UnitFileState = '' } = propertiesOf(shown)
      return {
        state: STATES[ActiveState] ?? ActiveState,
        processId: Number(MainPID),
        details: [['start', UnitFileState === 'enabled' ? 'with the system' : 'by hand']],
      }
    },
    protect: ({ data, state }) => {
      mkdirSync(data, { recursive: true, mode: 0o700 })
      mkdirSync(state, { recursive: true, mode: 0o700 })
    },
  }
}

/** systemd's words in ours. */
const STATES: Readonly<Record<string, string>> = {
  active: 'running',
  inactive: 'stopped',
  failed: 'stopped',
  activating: 'start-pending',
  deactivating: 'stop-pending',
}

function writeUnit(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o644 })
  } catch (cause) {
    throw new CliError(
      'ACCESS_DENIED',
      `${file} cannot be written: ${(cause as Error).message}; run it with sudo`,
      { cause },
    )
  }
}

function propertiesOf(shown: string): Record<string, string> {
  const pairs = shown.split('\n').map((line) => line.split('=', 2))
  return Object.fromEntries(pairs.filter((pair) => pair.length === 2))
}

function systemctl(...args: string[]): string {
  try {
    return execFileSync('systemctl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (cause) {
    const { code, stderr, message } = cause as NodeJS.ErrnoException & { stderr?: string }
    const why = code === 'ENOENT' ? 'this machine has no systemd' : stderr?.trim() || message
    throw new CliError('SYSTEMD_FAILED', `systemctl ${args.join(' ')}: ${why}`, { cause })
  }
}
