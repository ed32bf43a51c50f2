/**
 * One engine as a process of its own that strips a list of targets and is killed on the way. Its only argument is
 * JSON: where, and in which call to the disk, after what part of its operations.
 */
import { readFileSync } from 'node:fs'
import { loadAddon } from '../../../../native/addon.ts'
import { openLocalEngine } from '../../../../server/agent/local.ts'
import type { OrderTarget } from '../../../../server/protocol/order.ts'
import { systemClock } from '../../../../server/shared/clock.ts'
import { createLogger } from '../../../../server/shared/logger.ts'

export interface DoomedEngine {
  readonly stateDir: string
  readonly root: string
  /** A file with the targets' JSON. */
  readonly targets: string
  readonly call: number
  /** 0: before the first operation. 1: after the last. */
  readonly part: number
}

const { stateDir, root, targets, call, part }: DoomedEngine = JSON.parse(process.argv[2] ?? '{}')
const addon = loadAddon()
let calls = 0
const doomed: typeof addon = {
  ...addon,
  carryOut: async (target, operations, hints) => {
    calls += 1
    const isLast = calls === call
    const done = isLast ? operations.slice(0, Math.floor(operations.length * part)) : operations
    const results = await addon.carryOut(target, done, hints)
    if (isLast) process.kill(process.pid, 'SIGKILL')
    return results
  },
}
const engine = await openLocalEngine({
  stateDir,
  roots: [root],
  hints: {},
  addon: doomed,
  clock: systemClock,
  logger: createLogger('test', 'silent'),
})
const named: OrderTarget[] = JSON.parse(readFileSync(targets, 'utf8'))
await engine.run('strip', named, 'doomed')
