/**
 * One agent as a process of its own, to be killed or to run as another user. Its only argument is JSON:
 * the folders, a user id, and the moment at which it kills itself. The crash sits at the seam to the disk:
 * everything of ours runs as it is.
 */
import Database from 'better-sqlite3'
import { type AgentAddon, loadAddon, type NativeOperation } from '../../../../native/addon.ts'
import { startAgent } from '../../../../server/agent/start-agent.ts'
import { systemClock } from '../../../../server/shared/clock.ts'
import { createLogger } from '../../../../server/shared/logger.ts'
import { CALM } from '../../../support/calm-machine.ts'
import { FAST_LINK } from './fast-link.ts'

/** `between`: after the first of several of that kind. */
export type CrashPoint = `${'before' | 'between' | 'after'}-${NativeOperation['act']}`

interface Arguments {
  readonly stateDir: string
  readonly scope: readonly string[]
  readonly scanEverySeconds?: number
  readonly uid?: number
  readonly crashAt?: CrashPoint
}

const { uid, crashAt, ...options }: Arguments = JSON.parse(process.argv[2] ?? '{}')

function crashing(addon: AgentAddon): AgentAddon {
  const die = () => process.kill(process.pid, 'SIGKILL')
  return {
    ...addon,
    carryOut: async (target, operations, hints) => {
      const act = operations[0]?.act
      if (crashAt === `before-${act}`) die()
      if (crashAt === `between-${act}`) {
        await addon.carryOut(target, operations.slice(0, 1), hints)
        die()
      }
      const results = await addon.carryOut(target, operations, hints)
      if (crashAt === `after-${act}`) die()
      return results
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
  readMachine: () => CALM,
  ...options,
  logger: createLogger('agent', process.env.TEST_LOG ?? 'silent'),
  clock: systemClock,
  addon: crashAt === undefined ? addon : crashing(addon),
  linkTimings: FAST_LINK,
})
console.log('ready')
