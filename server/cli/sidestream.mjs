#!/usr/bin/env -S node --max-semi-space-size=4
/**
 * How `sidestream` is started: from the files that setup makes of its sources, or from the sources when one
 * of them is not what it was. Loads nothing itself but the cache of compiled code, which must be there
 * before what it is to hold. JavaScript, since for a single TypeScript file Node loads its whole compiler,
 * 20 MB of it.
 *
 * The flag above keeps what a listing throws away, a record at a time, from growing to 30 MB before it is
 * collected. It can only be given at the start.
 */
import { enableCompileCache, flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { CLI, freshBundle, SCAN } from './bundles.mjs'

// Beside the code that it stands for, so that whoever may change the one may change the other; the default
// is in the temporary folder of all. A folder that cannot be written to only costs the time.
enableCompileCache(fileURLToPath(new URL('../../.sidestream/compile-cache', import.meta.url)))

const args = process.argv.slice(2)
if (args[0] === 'agent' && args[1] === 'run') keepHeapSmall()
if (await ranUsualScan()) exitSoon()
else await import(freshBundle(CLI) ?? './main.ts')

async function ranUsualScan() {
  // As long as the usual scan is; it looks closer itself.
  if (args[0] !== 'scan' || args.length !== 4) return false
  const bundle = freshBundle(SCAN)
  if (bundle === null) return false
  const { runUsualScan } = await import(bundle)
  return runUsualScan(args)
}

/** Taking Node apart in good order takes time, and leaves nothing behind that the system does not take back. */
function exitSoon() {
  if (process.stdout.writableLength + process.stderr.writableLength > 0) return
  // Else only an orderly end keeps it.
  flushCompileCache()
  process.exit()
}

/**
 * For a process that is there for years and mostly waits. What is young stays in the 1 MB that it begins with, of
 * which V8 keeps two, and what is old is collected when it has grown by a fifth.
 */
function keepHeapSmall() {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  // The flag for the size itself is only read at the start of a process.
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=20')
}
