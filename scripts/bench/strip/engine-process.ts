/** One engine, as agent and CLI run it, strips every mark below a folder. Prints what it took, without the scan. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { loadAddon } from '../../../native/addon.ts'
import { scanTarget } from '../../../native/scan.ts'
import { newTargetId, openLocalEngine } from '../../../server/agent/local.ts'
import type { OrderTarget } from '../../../server/protocol/order.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'

const [folder = '', stateParent = ''] = process.argv.slice(2)
const addon = loadAddon()
const { volumeId } = await addon.probe(folder)
const targets: OrderTarget[] = []
const options = {
  hash: true,
  contentBytes: 0,
  includeInternal: false,
  exclude: [],
  batchStreams: 5_000,
}
for await (const { streams } of scanTarget(addon, folder, options)) {
  for (const { identity, path, name: stream, size, sha256 } of streams) {
    const place = { volumeId, identity, path, stream, sizeBytes: Number(size), sha256 }
    targets.push({ targetId: newTargetId(), ...place } as unknown as OrderTarget)
  }
}
const stateDir = mkdtempSync(join(stateParent, 'state-'))
const engine = await openLocalEngine({
  stateDir,
  roots: [folder],
  hints: {},
  addon,
  clock: systemClock,
  logger: createLogger('bench', 'silent'),
})
const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
const receipts = await engine.run('strip', targets, 'benchmark')
const wallMs = performance.now() - startedAt
const { user, system } = process.cpuUsage(cpu)
const done = receipts.filter(({ outcome }) => outcome === 'done').length
const { keptEntries } = engine.quarantine({ limit: 1 })
await engine.close()
rmSync(stateDir, { recursive: true })
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1e3, done, keptEntries }))
