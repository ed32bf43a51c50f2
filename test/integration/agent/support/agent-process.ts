/**
 * One agent as a process of its own, to be killed or to run as another user. Its only argument is JSON:
 * the folders, a user id, and the moment at which it kills itself. The crash sits at the seam to the disk:
 * everything of ours runs as it is.
 */
import Database from 'better-sqlite3'
import { loadAddon, type NativeAddon, type NativeCarrier } from '../../../../native/addon.ts'
import { startAgent } from '../../../../server/agent/start-agent.ts'
import { systemClock } from '../../../../server/shared/clock.ts'
import { createLogger } from '../../../../server/shared/logger.ts'
import { FAST_LINK } from './fast-link.ts'

export type CrashPoint =
  | 'before-read'
  | 'before-remove'
  | 'after-remove'
  | 'before-create'
  | 'after-create'

interface Arguments {
  readonly stateDir: string
  readonly scope: readonly string[]
  readonly scanEverySeconds?: number
  readonly uid?: number
  readonly crashAt?: CrashPoint
}

const { uid, crashAt, ...options }: Arguments = JSON.parse(process.argv[2] ?? '{}')

function crashing(addon: NativeAddon): NativeAddon {
  return {
    probe: (...target) => addon.probe(...target),
    startScan: (path, scanOptions) => addon.startScan(path, scanOptions),
    openCarrier: async (...place) => {
      const carrier = await addon.openCarrier(...place)
      const wrap = <Args extends unknown[], Result>(
        name: string,
        call: (...args: Args) => Promise<Result>,
      ) => {
        return async (...args: Args) => {
          if (crashAt === `before-${name}`) process.kill(process.pid, 'SIGKILL')
          const result = await call(...args)
          if (crashAt === `after-${name}`) process.kill(process.pid, 'SIGKILL')
          return result
        }
      }
      const crashingCarrier: NativeCarrier = {
        identity: carrier.identity,
        kind: carrier.kind,
        modifiedNs: carrier.modifiedNs,
        list: () => carrier.list(),
        hash: (name) => carrier.hash(name),
        close: () => carrier.close(),
        read: wrap('read', (...args) => carrier.read(...args)),
        remove: wrap('remove', (...args) => carrier.remove(...args)),
        create: wrap('create', (...args) => carrier.create(...args)),
      }
      return crashingCarrier
    },
  }
}

const addon = loadAddon()
if (uid !== undefined) {
  // SQLite's own binary is loaded while the checkout is readable for sure.
  new Database(':memory:').close()
  process.setgroups?.([])
  process.setgid?.(uid)
  process.setuid?.(uid)
}
await startAgent({
  ...options,
  logger: createLogger('agent', process.env.TEST_LOG ?? 'silent'),
  clock: systemClock,
  addon: crashAt === undefined ? addon : crashing(addon),
  linkTimings: FAST_LINK,
})
console.log('ready')
