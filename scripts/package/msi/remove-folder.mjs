/**
 * For the uninstaller: removes the one folder that it is given, if that is one of ours. It runs when all
 * else of the program is about to go, so it imports nothing of it and writes no compile cache.
 */
import { rmSync } from 'node:fs'
import { win32 } from 'node:path'

const folder = process.argv[2] ?? ''
if (!/^(\.sidestream|Sidestream)$/.test(win32.basename(folder)) || !win32.isAbsolute(folder)) {
  throw new Error(`${folder} is no folder of Sidestream`)
}
// Links inside are removed and not followed.
rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
