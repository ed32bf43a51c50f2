/** The addon under test, and short ways to ask it things. */
import type { NativeError, NativeScanOptions, NativeUnreadable } from '../../native/addon.ts'
import { loadAddon } from '../../native/addon.ts'
import { type ScannedStream, scanTarget } from '../../native/scan.ts'

export const addon = loadAddon()

export const METADATA_ONLY: NativeScanOptions = {
  hash: false,
  contentBytes: 0,
  includeInternal: false,
  exclude: [],
  batchStreams: 100,
}

export interface ScanReport {
  readonly streams: ScannedStream[]
  readonly unreadable: NativeUnreadable[]
}

export async function scanAll(
  target: string,
  options: Partial<NativeScanOptions> = {},
): Promise<ScanReport> {
  const report: ScanReport = { streams: [], unreadable: [] }
  for await (const chunk of scanTarget(addon, target, { ...METADATA_ONLY, ...options })) {
    report.streams.push(...chunk.streams)
    report.unreadable.push(...chunk.unreadable)
  }
  return report
}

/** `path:stream` of each stream, in order. */
export function namesOf({ streams }: Pick<ScanReport, 'streams'>): string[] {
  return streams.map(({ path, name }) => `${path}:${name}`).sort()
}

/** What a call failed with; throws if it did not fail. */
export async function failureOf(call: Promise<unknown>): Promise<NativeError> {
  return call.then(
    (value) => {
      throw new Error(`expected a failure, got ${String(value)}`)
    },
    (error: NativeError) => error,
  )
}
