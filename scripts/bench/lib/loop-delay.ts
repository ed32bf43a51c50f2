/**
 * Loaded into a central that is measured (`node --import`): tells its parent, when asked, how long its event loop
 * kept others waiting since it was last asked. The first question begins it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 1
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

process.on('message', () => {
  // Not before: to look every millisecond takes 5 % of a core, which is more than an idle central takes.
  delay.enable()
  // The histogram holds the whole pause between two looks; without load that is the resolution.
  const toMs = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS)
  process.send?.({ p99Ms: toMs(delay.percentile(99)), maxMs: toMs(delay.max) })
  delay.reset()
})
// Measuring must not keep it alive.
process.channel?.unref()
