/**
 * Where setup puts the usual scan's code in one file, and whether that is still the code that it was made
 * of. JavaScript, because it is loaded at every start and by setup on any Node.
 */
import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Once, and then plain paths: each conversion of an URL takes as long as ten of the files' own looks.
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** As deep as native/, from where the addon is looked for. */
export const BUNDLE = `${ROOT}build/usual-scan.mjs`
/** `[path below the checkout, bytes, time of change in ms]` of each source. */
export const SOURCES = `${ROOT}build/usual-scan.json`

/** Its URL. Null if there is none, or a source is not what it was. */
export function freshScanBundle(sourcesFile = SOURCES) {
  try {
    const sources = JSON.parse(readFileSync(sourcesFile, 'utf8'))
    return sources.every(isSame)
      ? new URL('../../build/usual-scan.mjs', import.meta.url).href
      : null
  } catch {
    return null
  }
}

export function describeSource(path) {
  const { size, mtimeMs } = statSync(ROOT + path)
  return [path, size, mtimeMs]
}

function isSame([path, size, mtimeMs]) {
  const now = statSync(ROOT + path)
  return now.size === size && now.mtimeMs === mtimeMs
}
