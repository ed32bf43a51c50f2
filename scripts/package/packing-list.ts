/**
 * What goes into a package, and nothing else. Central's: our own folders that it needs, and of the locked packages
 * those that these folders import, with what they need. The agent's: the same in the few files that setup makes of it,
 * with each package's name, version and licence. No development packages, no tests, no types.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLI } from '../../server/cli/bundles.mjs'
import { root } from '../lib/run.ts'

export type Product = 'agent' | 'central'
export type Platform = 'win32' | 'linux'
export type Architecture = 'x64' | 'arm64'

export interface Target {
  readonly product: Product
  readonly platform: Platform
  readonly arch: Architecture
}

export interface PackedFile {
  /** On this machine. */
  readonly from: string
  /** In the package, with `/`. */
  readonly to: string
}

const SHARED_FOLDERS = ['server/cli', 'server/protocol', 'server/shared', 'server/streams']
const FOLDERS: Readonly<Record<Product, readonly string[]>> = {
  agent: [...SHARED_FOLDERS, 'server/agent'],
  // `sidestream central` is one program with the rest of the command line.
  central: [...SHARED_FOLDERS, 'server/agent', 'server/central', 'web/dist'],
}
const NATIVE = ['addon', 'carry-out', 'quiet', 'scan', 'service', 'watch']
/** Not in the files that setup makes: it finds its compiled part beside itself. */
const APART = 'node_modules/better-sqlite3/'
const NOTICE = /\/(package\.json|(licen[cs]e|copying|notice)[^/]*)$/i
const FILES = ['package.json', 'LICENSE', 'server/agent/DEPLOYMENT.md']

/** Folders of a package that its authors need and its users do not. */
const NOT_FOR_USE = /^(\.github|__tests__|bench|benchmarks?|docs|examples?|integration|tests?)\//
/** Of these packages what only browsers and builds load. */
const NOT_LOADED: Readonly<Record<string, RegExp>> = {
  'node_modules/csv-stringify': /^dist\//,
  'node_modules/chevrotain': /^(lib\/chevrotain\.(min\.)?m?js|src\/|diagrams\/)/,
  'node_modules/node-addon-api': /./,
  'node_modules/pino': /^(browser\.js$|build\/)/,
  'node_modules/fastify': /^(scripts|build)\//,
}
const NOT_RUN =
  /(\.d\.[cm]?ts|\.map|\.md|\.markdown|\.ts|tsconfig.*\.json|eslint\.config\.js|\.html|\.ico|\.tsbuildinfo)$|\/\.[^/]+$/i

export function packingList(target: Target): PackedFile[] {
  const below = FOLDERS[target.product].flatMap(filesBelow)
  const native = NATIVE.map((name) => `native/${name}.ts`)
  const own = [...native, ...below.filter((path) => !/\.d\.[cm]?ts$|\.md$/.test(path))]
  const packages = packagesNeeded(own).flatMap((folder) => filesOfPackage(folder, target))
  const isAgent = target.product === 'agent'
  const paths = isAgent
    ? [
        ...own.filter((path) => !path.endsWith('.ts')),
        ...madeFiles(),
        ...packages.filter((path) => path.startsWith(APART) || NOTICE.test(path)),
      ]
    : [...own, ...packages]
  return [...FILES, ...paths].map((path) => ({ from: join(root, path), to: path })).sort(byPlace)
}

/** What setup made of the sources, without central. */
function madeFiles(): string[] {
  const folder = CLI.folder.slice(root.length + 1)
  return filesBelow(folder).filter((path) => !/\.(central\.mjs|json)$/.test(path))
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly dev?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
}

const IMPORT = /\b(?:from|import|import\()\s*['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)/g

/** Folders below node_modules: what these sources import, and all that this needs in turn. */
function packagesNeeded(sources: readonly string[]): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  const needed = new Set<string>()
  const need = (name: string, from: string): void => {
    const folder = findPackage(lock.packages, name, from)
    if (folder === null || needed.has(folder)) return
    needed.add(folder)
    const { dependencies = {}, optionalDependencies = {} } = lock.packages[folder]!
    for (const inner of Object.keys(dependencies)) need(inner, folder)
    for (const inner of Object.keys(optionalDependencies)) {
      const found = findPackage(lock.packages, inner, folder)
      if (found !== null && runsAnywhere(lock.packages[found]!)) need(inner, folder)
    }
  }
  for (const source of sources.filter((path) => /\.(ts|mjs)$/.test(path))) {
    for (const [, name] of readFileSync(join(root, source), 'utf8').matchAll(IMPORT)) {
      if (!name!.startsWith('node:')) need(name!, '')
    }
  }
  return [...needed]
}

/** Those with compiled parts do without them here: these are packages of their own, one for each system. */
function runsAnywhere({ os, cpu, optionalDependencies = {} }: LockedPackage): boolean {
  return os === undefined && cpu === undefined && Object.keys(optionalDependencies).length === 0
}

/** As Node looks for it: beside who asks, then further up. Null for one that is not locked. */
function findPackage(
  packages: Readonly<Record<string, LockedPackage>>,
  name: string,
  from: string,
): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (packages[folder] !== undefined) return folder
    if (at === '') return null
  }
}

function filesOfPackage(folder: string, { platform, arch }: Target): string[] {
  const inner = (path: string) => path.slice(folder.length + 1)
  const isKept =
    folder === 'node_modules/better-sqlite3'
      ? (path: string) => isOfSqlite(path, `${platform}-${arch}`)
      : (path: string) => !NOT_FOR_USE.test(path) && !NOT_LOADED[folder]?.test(path)
  return filesBelow(folder)
    .filter((path) => !inner(path).startsWith('node_modules/'))
    .filter((path) => isKept(inner(path)) && (NOTICE.test(path) || !NOT_RUN.test(path)))
}

/** Its sources and the prebuilds of other systems are most of it. */
function isOfSqlite(path: string, system: string): boolean {
  return /^(lib\/|package\.json$|LICENSE)/.test(path) || path === `prebuilds/${system}.node`
}

function byPlace(one: PackedFile, other: PackedFile): number {
  return one.to < other.to ? -1 : 1
}
