import { loadAddon } from '../../native/addon.ts'
import { CliError } from './cli-error.ts'

/** The addon, or one line that says how to get it. */
export function nativeAddon(): ReturnType<typeof loadAddon> {
  try {
    return loadAddon()
  } catch (cause) {
    throw new CliError('ADDON_MISSING', (cause as Error).message, { cause })
  }
}
