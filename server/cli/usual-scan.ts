/**
 * `sidestream scan TARGET --format ndjson`, the listing that programs ask for, told by its words alone. It
 * must start quickly: the parser of arguments, which would say the same, is not loaded at all, and setup puts
 * this file and all it needs into one (scripts/setup/bundle-code.mjs), since finding and loading thirty
 * takes longer than they run.
 */
import { loadAddon, type NativeScan } from '../../native/addon.ts'
import { runProcess } from './run-process.ts'
import { runScan, type ScanFlags } from './scan-command.ts'
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

/** False: this is something else, and nothing was done. */
export async function runUsualScan(args: readonly string[]): Promise<boolean> {
  const usual = usualScan(args)
  if (usual === null) return false
  // Before the terminal is looked at: the addon reads on threads of its own meanwhile.
  const begun = begin(usual)
  await runProcess(async (terminal) => {
    process.exitCode = await runScan([usual.target], usual.flags, terminal, begun)
  })
  return true
}

/** What fails will fail again where it is said. */
function begin({ target, flags }: UsualScan): NativeScan | null {
  try {
    return loadAddon().startScan(target, scanOptions(flags))
  } catch {
    return null
  }
}
