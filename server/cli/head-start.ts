/**
 * Starts the usual scan before the rest of the program is loaded: loading takes about as long as reading
 * the whole of an image's $MFT. A guess about the arguments and never more: the scan is used only if the
 * parsed ones turn out to ask for exactly it, and else forgotten.
 */
import { isDeepStrictEqual } from 'node:util'
import { loadAddon, type NativeScan, type NativeScanOptions } from '../../native/addon.ts'
import { scanOptions } from './scan-options.ts'

interface HeadStart {
  readonly target: string
  readonly options: NativeScanOptions
  readonly scan: NativeScan
}

let headStart: HeadStart | null = null

/** `sidestream scan TARGET --format ndjson`, in any order, and nothing else. */
export function beginHeadStart(args: readonly string[]): void {
  const [command, ...rest] = args
  const format = rest.indexOf('--format')
  if (command !== 'scan' || rest.length !== 3 || format < 0 || rest[format + 1] !== 'ndjson') return
  const [target = ''] = rest.toSpliced(format, 2)
  // A dash would be an option, or standard input one day; nothing is what a mistake looks like.
  if (target === '' || target.startsWith('-')) return
  const options = scanOptions({ format: 'ndjson' })
  try {
    headStart = { target, options, scan: loadAddon().startScan(target, options) }
  } catch {
    // Whatever it is, the command will meet it again and say it.
  }
}

/** The scan, if it is this one. Whoever takes it owns it. */
export function takeHeadStart(target: string, options: NativeScanOptions): NativeScan | null {
  const begun = headStart
  headStart = null
  if (begun === null) return null
  if (begun.target === target && isDeepStrictEqual(begun.options, options)) return begun.scan
  begun.scan.cancel()
  return null
}
