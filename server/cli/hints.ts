import type { NativeHints } from '../../native/addon.ts'

/** What the flags of `scan` and `show` say about a target. */
export function hintsOf({ smbConf }: { readonly smbConf?: string }): NativeHints {
  return smbConf === undefined ? {} : { smbConf }
}
