/** One scan by the addon alone, timed from the inside: every batch is taken, none is decoded. */
import { loadAddon } from '../../../native/addon.ts'

const addon = loadAddon()
const startedAt = performance.now()
const cpuBefore = process.cpuUsage()
const scan = addon.startScan(process.argv[2] ?? '', {
  hash: false,
  contentBytes: 0,
  includeInternal: false,
  exclude: [],
  batchStreams: 1_000,
})
let streams = 0
for (let batch = await scan.next(); batch !== null; batch = await scan.next()) {
  streams += batch.count
}
const wallMs = performance.now() - startedAt
const { user, system } = process.cpuUsage(cpuBefore)
const { carriersSeen } = scan.progress()
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, streams, carriersSeen }))
