/**
 * `sidestream scan TARGET --format ndjson`, the listing that programs ask for, told by its words alone. It
 * must start quickly, so its scan begins before anything else is loaded, and the parser of arguments,
 * which would say the same, is not loaded at all.
 */
import { loadAddon, type NativeScan } from '../../native/addon.ts'
import type { ScanFlags } from './scan-command.ts'
import { scanOptions } from './scan-options.ts'

export interface UsualScan {
  readonly target: string
  /** As the parser makes them of these arguments. */
  readonly flags: ScanFlags
}

/** Null for everything else, however little it differs. */
export function usualScan(args: readonly string[]): UsualScan | null {
  const [command, ...rest] = args
  const format = rest.indexOf('--format')
  if (command !== 'scan' || rest.length !== 3 || format < 0 || rest[format + 1] !== 'ndjson') {
    return null
  }
  const [target = ''] = rest.toSpliced(format, 2)
  return target === '' || target.startsWith('-')
    ? null
    : { target, flags: { format: 'ndjson', progress: true } }
}

let begun: NativeScan | null = null

/** Begins the scan, if that is what the arguments ask for. What fails will fail again where it is said. */
export function beginUsualScan(args: readonly string[]): void {
  const usual = usualScan(args)
  if (usual === null) return
  try {
    begun = loadAddon().startScan(usual.target, scanOptions(usual.flags))
  } catch {}
}

/** The scan that was begun; whoever takes it owns it. */
export function takeBegunScan(): NativeScan | null {
  const scan = begun
  begun = null
  return scan
}
