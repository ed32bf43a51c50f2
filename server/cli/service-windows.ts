/** Windows' service manager, through the addon. */
import { fileURLToPath } from 'node:url'
import type { NativeService } from '../../native/service.ts'
import { EVENT_SOURCE } from '../agent/system-events.ts'
import { nativeAddon } from './native-addon.ts'
import { isInstalled } from './places.ts'
import { WINDOWS_SERVICE } from './run-service.ts'
import { DESCRIPTION, DISPLAY_NAME, type ServiceManager } from './service-manager.ts'

export function windowsService(service: NativeService = nativeAddon()): ServiceManager {
  return {
    install: () => {
      service.installService(WINDOWS_SERVICE, DISPLAY_NAME, DESCRIPTION, commandLine())
      service.addEventSource(EVENT_SOURCE)
    },
    configure: () => {
      service.configureService(WINDOWS_SERVICE)
      service.addEventSource(EVENT_SOURCE)
    },
    uninstall: () => {
      service.removeService(WINDOWS_SERVICE)
      service.removeEventSource(EVENT_SOURCE)
    },
    start: () => service.startService(WINDOWS_SERVICE),
    stop: () => service.stopService(WINDOWS_SERVICE),
    inspect: () => {
      const facts = service.inspectService(WINDOWS_SERVICE)
      if (facts === null) return null
      const { state, processId, startsDelayed, recoveryActions, commandLine: command } = facts
      return {
        state,
        processId,
        details: [
          ['start', startsDelayed ? 'with the system, delayed' : 'with the system'],
          ['restarts', String(recoveryActions)],
          ['command', command],
        ],
      }
    },
    protect: ({ program, data }) => {
      service.protectFolder(data, 'administrators')
      // A checkout is its developer's.
      if (isInstalled()) service.protectFolder(program, 'readers')
    },
  }
}

function commandLine(): string {
  const main = fileURLToPath(new URL('./sidestream.mjs', import.meta.url))
  return `"${process.execPath}" "${main}" agent run --service`
}
