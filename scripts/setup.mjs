/**
 * Makes a checkout ready: installs the locked packages, builds the addon against the pinned Node's own
 * headers, builds the console. What is up to date is left alone, so the second run takes milliseconds.
 * Then, with `--then [FLAGS] SCRIPT ARGS…`, runs SCRIPT on the pinned Node in this terminal, with these flags
 * of Node.
 *
 * Plain JavaScript without packages: it runs on whatever Node (20 or newer) the machine has.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { root, runtimePath } from './setup/runtime.mjs'
import { SetupError, STEPS } from './setup/steps.mjs'

async function main(args) {
  const then = args.indexOf('--then')
  const own = then === -1 ? args : args.slice(0, then)
  if (own.includes('--help')) {
    console.log('usage: node scripts/setup.mjs [--quiet] [--then [FLAGS] SCRIPT ARGS…]')
    return 0
  }
  const unknown = own.find((arg) => arg !== '--quiet')
  if (unknown !== undefined) throw new SetupError(`unknown option ${unknown}; see --help`, 2)

  const startedAt = performance.now()
  let worked = false
  for (const step of STEPS) worked = (await step()) || worked
  const seconds = (performance.now() - startedAt) / 1000
  if (worked) console.error(`setup: ready after ${seconds.toFixed(1)} s`)
  else if (then === -1 && !own.includes('--quiet')) console.error('setup: everything is up to date')

  if (then === -1) return 0
  process.env.SIDESTREAM_SETUP_SECONDS = seconds.toFixed(2)
  return run(args.slice(then + 1))
}

/** The script takes over the terminal: signals of the terminal reach it directly, its exit code is ours. */
function run(words) {
  const [script, ...args] = words.slice(words.findIndex((word) => !word.startsWith('-')))
  const flags = words.slice(0, words.indexOf(script))
  // npm moves to the checkout; a path typed by a person is meant from where they are.
  const cwd = process.env.INIT_CWD ?? process.cwd()
  const child = spawn(runtimePath(), [...flags, join(root, script), ...args], {
    cwd,
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C goes to the whole group already; a signal sent to this process alone must be passed on.
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal))
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`setup: cannot start ${script}: ${error.message}`)
      resolve(1)
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 1)))
  })
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    console.error(`setup: ${error instanceof SetupError ? error.message : error.stack}`)
    process.exit(error instanceof SetupError ? error.exitCode : 1)
  },
)
