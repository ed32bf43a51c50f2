import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../../scripts/lib/run.ts'
import { productXml } from '../../../scripts/package/msi/product.ts'
import { packingList } from '../../../scripts/package/packing-list.ts'
import { WINDOWS_SERVICE } from '../../../server/cli/run-service.ts'

const agent = packingList({ product: 'agent', platform: 'win32', arch: 'x64' }).map(({ to }) => to)
const packages = [...new Set(agent.map((to) => /^node_modules\/([^/]+)/.exec(to)?.[1]))]

describe('the packing list of the agent', () => {
  it('holds the command line as setup makes it, and whose code is in it', () => {
    expect(agent).toEqual(expect.arrayContaining(['server/cli/sidestream.mjs', 'LICENSE']))
    expect(agent).toContain('build/cli/main.mjs')
    expect(agent).toContain('server/agent/state/migrations/0001-initial.sql')
    expect(packages).toEqual(expect.arrayContaining(['fastify', 'ws', 'pino', 'commander']))
    expect(agent).toEqual(
      expect.arrayContaining(['node_modules/fastify/LICENSE', 'node_modules/fastify/package.json']),
    )
    expect(agent.filter((to) => to.endsWith('.node'))).toEqual([
      'node_modules/better-sqlite3/prebuilds/win32-x64.node',
    ])
  })

  it('holds every file of ours that another one loads', () => {
    const own = agent.filter((to) => !to.startsWith('node_modules/') && to.endsWith('.mjs'))
    const loads = /\bfrom\s*["'](\.[^"']+\.m?[jt]s)["']|\bimport\(["'`](\.[^"'`]+)["'`]\)/g
    const missing = own.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(loads)]
        .map(([, still, lazily]) => join(dirname(file), (still ?? lazily)!))
        .filter((path) => !agent.includes(path))
        .map((path) => `${file} loads ${path}`),
    )
    // Only a checkout has sources to start from, and only there or in its own package is a central run.
    const isNeeded = (line: string) => !/ (server\/cli\/main\.ts|.*\.central\.mjs)$/.test(line)
    expect(missing.filter(isNeeded)).toEqual([])
    expect(missing.some((line) => line.startsWith('build/cli/agent-command'))).toBe(false)
    expect(missing.some((line) => line.startsWith('build/cli/service-agent'))).toBe(false)
  })

  it('holds the licence of every package, whatever its file is called', () => {
    const folders = agent.flatMap(
      (to) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(to)?.[1] ?? [],
    )
    const licencesOf = (folder: string) =>
      readdirSync(join(root, folder))
        .filter((name) => /^(licen[cs]e|copying)/i.test(name))
        .map((name) => `${folder}/${name}`)
    const missing = [...new Set(folders)].flatMap(licencesOf).filter((to) => !agent.includes(to))
    expect(missing).toEqual([])
  })

  it('holds nothing of central, of tests, or of building', () => {
    expect(agent.filter((to) => /^(server\/central|web|test|scripts)\//.test(to))).toEqual([])
    expect(agent.filter((to) => /\.d\.[cm]?ts$|\.map$|\.test\./.test(to))).toEqual([])
    for (const name of ['vitest', 'typescript', 'vite', 'ldapts', 'node-gyp', 'node-addon-api']) {
      expect(packages).not.toContain(name)
    }
  })

  it('holds central and the console in central’s package', () => {
    const central = packingList({ product: 'central', platform: 'linux', arch: 'x64' })
    const places = central.map(({ to }) => to)
    expect(places).toContain('server/central/start-central.ts')
    expect(places).toContain('node_modules/better-sqlite3/prebuilds/linux-x64.node')
  })
})

describe('the installer’s description', () => {
  const files = ['node.exe', 'a/b.ts', 'a/c&d.ts']
  const xml = productXml({ folder: '/nowhere', files }, '1.2.3')

  it('knows later versions as the same product', () => {
    expect(xml).toContain('UpgradeCode="5C6E9A53-4B5D-4C0E-9C56-0B1E8E2F7A41"')
    expect(productXml({ folder: '/nowhere', files }, '1.2.3')).toBe(xml)
  })

  it('makes the service that the command line manages', () => {
    expect(xml).toContain(`<ServiceInstall Id="ServiceInstall" Name="${WINDOWS_SERVICE}"`)
  })

  it('escapes names', () => {
    expect(xml).toContain('Name="c&amp;d.ts"')
  })
})
