/**
 * What a package is made of, as CycloneDX: npm's own bill of the locked packages, cut down to those that were
 * packed, and the runtime.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lib/run.ts'
import type { Target } from './packing-list.ts'
import type { Staged } from './stage.ts'

interface Component {
  readonly 'bom-ref': string
}

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version: string }>
}

interface Bill {
  readonly metadata: { readonly component: Record<string, unknown> }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

export function billOfMaterials(staged: Staged, target: Target, version: string): string {
  // All of them: without those of development it leaves out what they share with the others.
  const text = execFileSync(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--loglevel=error'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  const bill = JSON.parse(text) as Bill
  const packed = new Set(staged.files.map(packageFolder).filter((folder) => folder !== null))
  const runtime = `node-${target.platform === 'win32' ? 'win' : 'linux'}-${target.arch}`
  packed.add(`node_modules/${runtime}`)
  const names = new Set([...packed].map(nameAndVersion))
  const components = bill.components.filter((one) => names.has(one['bom-ref']))
  const kept = new Set(components.map((one) => one['bom-ref']))
  const name = `sidestream-${target.product}`
  const purl = `pkg:generic/${name}@${version}`
  const own = { ...bill.metadata.component, type: 'application', name, version, purl }
  return `${JSON.stringify(
    {
      ...bill,
      metadata: { ...bill.metadata, component: own },
      components,
      dependencies: bill.dependencies
        .filter(({ ref }) => kept.has(ref) || ref === bill.metadata.component['bom-ref'])
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((to) => kept.has(to)) })),
    },
    null,
    2,
  )}\n`
}

/** npm's reference to a package, of its folder in the lockfile. */
function nameAndVersion(folder: string): string {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return `${name}@${lock.packages[folder]?.version}`
}

function packageFolder(file: string): string | null {
  return /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? null
}
