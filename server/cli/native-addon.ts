import { loadAddon, type NativeAddon } from '../../native/addon.ts'
import { CliError } from './cli-error.ts'

/** The addon, or one line that says how to get it. */
export function nativeAddon(): NativeAddon {
  try {
    return loadAddon()
  } catch (cause) {
    throw new CliError('ADDON_MISSING', (cause as Error).message, { cause })
  }
}
