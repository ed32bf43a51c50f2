/**
 * Tells whether a step's inputs changed since it last succeeded: a hash over names and contents of the
 * files it depends on, kept in a stamp file beside its output.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './runtime.mjs'

/** Folders whose content is made by steps, or is no input of any. */
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'prebuilds', 'screenshots'])

/** `inputs`: files and folders relative to the checkout. `extra`: anything else that matters. */
export function fingerprint(inputs, extra = []) {
  const hash = createHash('sha256')
  for (const text of extra) hash.update(`${text}\0`)
  for (const input of inputs) for (const file of filesBelow(input)) addFile(hash, file)
  return hash.digest('hex')
}

export function isStamped(stamp, value, output) {
  const file = join(root, stamp)
  return existsSync(join(root, output)) && existsSync(file) && readFileSync(file, 'utf8') === value
}

export function writeStamp(stamp, value) {
  mkdirSync(dirname(join(root, stamp)), { recursive: true })
  writeFileSync(join(root, stamp), value)
}

function filesBelow(input) {
  const path = join(root, input)
  if (!existsSync(path)) return []
  const entries = readDirectory(path)
  if (entries === undefined) return [input]
  return entries
    .filter((entry) => !SKIPPED.has(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => filesBelow(`${input}/${entry.name}`))
}

function readDirectory(path) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined
    throw error
  }
}

function addFile(hash, file) {
  hash.update(`${file}\0`)
  hash.update(readFileSync(join(root, file)))
}
