/**
 * `npm run package:agent`: one file to install, its SHA-256, and its bill of materials (CycloneDX).
 * Everything in it comes from this checkout and the lockfile.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../lib/run.ts'
import { billOfMaterials } from './bill-of-materials.ts'
import { buildDeb, buildMsi, buildTar } from './formats.ts'
import type { Architecture, Product, Target } from './packing-list.ts'
import { signMsi } from './sign.ts'
import { stage } from './stage.ts'

const USAGE = `usage: npm run package:agent -- [--arch x64|arm64] [--format msi|tar|deb] [--product agent|central]
                               [--out FOLDER] [--version X.Y.Z] [--sign-with CERT.p12]
  msi           for Windows; built on Linux with wixl and mingw-w64
  --sign-with   signs addon and MSI by osslsigncode; the password is read from $SIDESTREAM_SIGN_PASSWORD
  --version     instead of package.json's`

try {
  await main()
} catch (error) {
  console.error(`package: ${(error as Error).message}`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options === null) return
  const { target, format, version, out, signWith } = options
  mkdirSync(out, { recursive: true })
  const name = `sidestream-${target.product}-${version}-${target.platform}-${target.arch}`
  const file = join(out, `${name}.${format === 'tar' ? 'tar.zst' : format}`)
  const staged = stage(target, version, join(root, 'build/package', name), signWith)
  if (format === 'msi') buildMsi(staged, version, file)
  else if (format === 'tar') buildTar(staged, name, file)
  else buildDeb(staged, target, version, file)
  if (signWith !== undefined && format === 'msi') signMsi(file, signWith)
  const sbom = join(out, `${name}.cdx.json`)
  writeFileSync(sbom, billOfMaterials(staged, target, version))
  rmSync(staged.folder, { recursive: true, force: true })
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
  writeFileSync(`${file}.sha256`, `${sha256}  ${basename(file)}\n`)
  console.log(`${file}
size     ${(statSync(file).size / 1_000_000).toFixed(1)} MB, ${staged.files.length} files
sha-256  ${sha256}
sbom     ${sbom}`)
}

interface Options {
  readonly target: Target
  readonly format: 'msi' | 'tar' | 'deb'
  readonly version: string
  readonly out: string
  readonly signWith: string | undefined
}

/** Null where only help was asked for. */
function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: process.arch },
      format: { type: 'string', default: 'msi' },
      product: { type: 'string', default: 'agent' },
      out: { type: 'string', default: join(root, 'build/packages') },
      version: { type: 'string', default: ownVersion() },
      'sign-with': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return null
  }
  const arch = oneOf<Architecture>('--arch', values.arch, ['x64', 'arm64'])
  const format = oneOf('--format', values.format, ['msi', 'tar', 'deb'] as const)
  const product = oneOf<Product>('--product', values.product, ['agent', 'central'])
  if (format === 'msi' && product === 'central') throw new Error('there is no MSI of central')
  // An installer compares three numbers, each within its bounds.
  if (!/^\d{1,3}\.\d{1,3}\.\d{1,5}$/.test(values.version)) {
    throw new Error(`--version ${values.version} is not of the form 1.2.3`)
  }
  const platform = format === 'msi' ? 'win32' : 'linux'
  return {
    target: { product, platform, arch },
    format,
    version: values.version,
    out: resolve(values.out),
    signWith: values['sign-with'],
  }
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw new Error(`${option} is one of ${allowed.join(', ')}\n${USAGE}`)
  return found
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
    .version
}
