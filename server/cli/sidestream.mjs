#!/usr/bin/env -S node --max-semi-space-size=4
/**
 * How `sidestream` is started. Loads nothing itself but the cache of compiled code, which must be there
 * before what it is to hold: stripping types and compiling is two thirds of the time to start. JavaScript
 * for that reason: for a single TypeScript file Node loads its whole compiler, 20 MB of it.
 *
 * The flag above keeps what a listing throws away, a record at a time, from growing to 30 MB before it is
 * collected. It can only be given at the start.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { freshScanBundle } from './scan-bundle.mjs'

// Beside the code that it stands for, so that whoever may change the one may change the other; the default
// is in the temporary folder of all. A folder that cannot be written to only costs the time.
enableCompileCache(fileURLToPath(new URL('../../.sidestream/compile-cache', import.meta.url)))

const args = process.argv.slice(2)
if (!(await ranUsualScan())) await import('./main.ts')

async function ranUsualScan() {
  // As long as the usual scan is; it looks closer itself.
  if (args[0] !== 'scan' || args.length !== 4) return false
  const bundle = freshScanBundle()
  if (bundle === null) return false
  const { runUsualScan } = await import(bundle)
  return runUsualScan(args)
}
