/** The steps of setup, in order. Each returns true if it had work to do, and throws SetupError if it failed. */
import { spawn } from 'node:child_process'
import { existsSync, lstatSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { delimiter, join } from 'node:path'
import { CLI, freshBundle, SCAN } from '../../server/cli/bundles.mjs'
import { fingerprint, isStamped, writeStamp } from './fingerprint.mjs'
import { platform, root, runtimeFolder, runtimePath } from './runtime.mjs'
import { missingTools } from './toolchain.mjs'

export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

export const STEPS = [installPackages, buildAddon, bundleCode, buildConsole]

async function installPackages() {
  const stamp = 'node_modules/.sidestream-packages'
  const wanted = fingerprint(['package.json', 'package-lock.json'], [platform])
  if (isStamped(stamp, wanted, 'node_modules/typebox')) return false
  // npm would empty the folder that it leads to, which may be another checkout's.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError('node_modules is a link; remove it, so that the packages can be installed')
  }
  await step('installing the locked packages', async () => {
    // Engine warnings are expected: packages are made for the pinned Node, npm runs on the machine's.
    await run(npmCommand(), [
      'ci',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ])
    if (runtimeFolder() !== undefined && !existsSync(runtimeFolder())) {
      throw new SetupError(
        `npm left out the pinned Node for ${platform}; run "npm ci" without --omit=optional`,
      )
    }
  })
  writeStamp(stamp, wanted)
  return true
}

async function buildAddon() {
  const stamp = 'build/.sidestream-addon'
  const output = 'build/Release/sidestream.node'
  const sources = ['binding.gyp', 'native', 'node_modules/node-addon-api/package.json']
  const wanted = fingerprint(sources, [platform, runtimePath()])
  if (isStamped(stamp, wanted, output)) return false
  const missing = missingTools()
  if (missing !== null) throw new SetupError(missing)
  await step('building the native addon', async () => {
    rmSync(join(root, output), { force: true })
    const headers = runtimeFolder()
    const args = [join('node_modules', 'node-gyp', 'bin', 'node-gyp.js'), 'configure', 'build']
    if (headers !== undefined) args.push(`--nodedir=${headers}`)
    args.push('--loglevel=error', '--jobs', String(cpus().length))
    await run(runtimePath(), args)
    if (!existsSync(join(root, output))) throw new SetupError(`the build made no ${output}`)
  })
  writeStamp(stamp, wanted)
  return true
}

async function bundleCode() {
  if ([SCAN, CLI].every((bundle) => freshBundle(bundle) !== null)) return false
  await step('bundling the code', () => run(runtimePath(), ['scripts/setup/bundle-code.mjs']))
  return true
}

async function buildConsole() {
  const stamp = 'web/dist/.sidestream-console'
  const wanted = fingerprint(['web', 'server/protocol', 'server/streams', 'package-lock.json'])
  if (isStamped(stamp, wanted, 'web/dist/index.html')) return false
  await step('building the console', () =>
    run(runtimePath(), [
      join('node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      'web',
      '--logLevel',
      'warn',
    ]),
  )
  writeStamp(stamp, wanted)
  return true
}

async function step(what, work) {
  console.error(`setup: ${what} …`)
  const startedAt = performance.now()
  await work()
  console.error(`setup: ${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}

function npmCommand() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm'
}

/** Shows the command's output only if it fails: on success it says nothing a user needs. */
function run(command, args) {
  const env = command === npmCommand() ? machineEnvironment() : pinnedEnvironment()
  const child = spawn(command, args, { cwd: root, env, shell: process.platform === 'win32' })
  const output = []
  child.stdout.on('data', (chunk) => output.push(chunk))
  child.stderr.on('data', (chunk) => output.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new SetupError(`cannot run ${command}: ${error.message}`)))
    child.on('exit', (code) => {
      if (code === 0) return resolve()
      process.stderr.write(Buffer.concat(output))
      const line = [command, ...args].join(' ')
      reject(new SetupError(`${line} failed with exit code ${code}; its output is above`))
    })
  })
}

/** npm runs on the machine's own Node: it replaces node_modules, and with it the pinned one. */
function machineEnvironment() {
  const path = (process.env.PATH ?? '').split(delimiter)
  const own = path.filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
  return { ...process.env, PATH: own.join(delimiter) }
}

/** node-gyp prefers npm's settings in the environment to its arguments: a machine's `nodedir` must not win. */
function pinnedEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_config_'))
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`
  return { ...Object.fromEntries(kept), PATH: path }
}
