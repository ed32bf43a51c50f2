/**
 * Where setup puts code in few files, and whether that is still the code that they were made of. JavaScript,
 * because it is loaded at every start and by setup on any Node.
 */
import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Once, and then plain paths: each conversion of an URL takes as long as ten of the files' own looks.
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const bundle = (folder, entry) => ({
  folder: `${ROOT}build/${folder}`,
  entry,
  sources: `${ROOT}build/${folder}/sources.json`,
  url: new URL(`../../build/${folder}/${entry}.mjs`, import.meta.url).href,
})

/** The usual scan: one file. */
export const SCAN = bundle('scan', 'usual-scan')
/** All commands: a file for what many need, and one for each that is loaded when it is needed. */
export const CLI = bundle('cli', 'main')

/** Its URL. Null if there is none, or a source is not what it was. */
export function freshBundle({ url, sources }) {
  try {
    return JSON.parse(readFileSync(sources, 'utf8')).every(isSame) ? url : null
  } catch {
    return null
  }
}

/** `[path below the checkout, bytes, time of change in ms]` of a source. */
export function describeSource(path) {
  const { size, mtimeMs } = statSync(ROOT + path)
  return [path, size, mtimeMs]
}

function isSame([path, size, mtimeMs]) {
  const now = statSync(ROOT + path)
  return now.size === size && now.mtimeMs === mtimeMs
}
