/** What scripts under Windows Node start from. Runs there, and is type-checked here. */
import type { NativeError, NativeScanOptions, NativeUnreadable } from '../../../native/addon.ts'
import { loadAddon } from '../../../native/addon.ts'
import { type ScannedStream, scanTarget } from '../../../native/scan.ts'

export const addon = loadAddon()

const METADATA_ONLY: NativeScanOptions = {
  hash: false,
  contentBytes: 0,
  includeInternal: false,
  exclude: [],
  batchStreams: 100,
}

export async function scanAll(target: string, options: Partial<NativeScanOptions> = {}) {
  const streams: ScannedStream[] = []
  const unreadable: NativeUnreadable[] = []
  for await (const chunk of scanTarget(addon, target, { ...METADATA_ONLY, ...options })) {
    streams.push(...chunk.streams)
    unreadable.push(...chunk.unreadable)
  }
  return { streams, unreadable }
}

/** The outcome, or the code of the failure. */
export async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => value ?? 'ok',
    (error: NativeError) => error.code ?? String(error),
  )
}

export const toJson = (value: unknown) =>
  JSON.stringify(value ?? null, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner))
