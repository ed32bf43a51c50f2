/** What the inventory should hold: a fresh scan by the engine itself, without an agent's memory. */
import { loadAddon } from '../../../../native/addon.ts'
import { scanTarget } from '../../../../native/scan.ts'
import { CONTENT_BYTES, toReport } from '../../../../server/agent/inventory/report.ts'
import type { VolumeId } from '../../../../server/protocol/ids.ts'
import type { ReportedStream } from '../../../../server/protocol/stream.ts'

/** By identity and stream, as central compares; `exclude`: as the agent's. */
export async function freshScan(
  root: string,
  exclude: readonly string[] = [],
): Promise<Map<string, ReportedStream>> {
  const addon = loadAddon()
  const { volumeId } = await addon.probe(root)
  const options = {
    hash: true,
    contentBytes: CONTENT_BYTES,
    includeInternal: false,
    exclude,
    batchStreams: 1_000,
  }
  const found = new Map<string, ReportedStream>()
  for await (const { streams } of scanTarget(addon, root, options)) {
    for (const stream of streams) {
      const report = toReport(volumeId as VolumeId, stream, { hashLimitBytes: 2 ** 28 })
      if (report) found.set(`${report.identity} ${JSON.stringify(report.stream)}`, report)
    }
  }
  return found
}

/** The same form of what a central holds. */
export function heldBy(inventory: Iterable<ReportedStream>): Map<string, ReportedStream> {
  return new Map(
    [...inventory].map((report) => [`${report.identity} ${JSON.stringify(report.stream)}`, report]),
  )
}
