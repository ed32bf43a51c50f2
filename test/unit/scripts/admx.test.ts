/** The group policy's two files, as Windows' editor joins them: a reference that leads nowhere is an error for a whole domain. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../../scripts/lib/run.ts'

const folder = join(root, 'scripts/package/admx')
const admx = readFileSync(join(folder, 'sidestream.admx'), 'utf8')
const adml = readFileSync(join(folder, 'en-US/sidestream.adml'), 'utf8')

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found]) => found!).sort()
}

/** Each policy's name and what is inside it. */
function blocks(text: string, element: string, key: string): [string, string][] {
  const pattern = new RegExp(`<${element} ${key}="([^"]+)"([\\s\\S]*?)</${element}>`, 'g')
  return [...text.matchAll(pattern)].map(([, name, inside]) => [name!, inside!])
}

/** How many there are; each is closed again, in order. */
function elementsOf(text: string): number {
  const open: string[] = []
  let count = 0
  for (const [, closes, name, ends] of text.matchAll(/<(\/?)([A-Za-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    count += 1
    if (closes === '/') expect(open.pop()).toBe(name)
    else if (ends !== '/') open.push(name!)
  }
  expect(open).toEqual([])
  return count
}

describe('the group policy’s files', () => {
  it('are well formed', () => {
    expect(elementsOf(admx)).toBeGreaterThan(50)
    expect(elementsOf(adml)).toBeGreaterThan(50)
  })

  it('have a text for every name that is shown, and no other', () => {
    const used = new Set(all(admx, /\$\(string\.([^)]+)\)/g))
    expect(all(adml, /<string id="([^"]+)"/g)).toEqual([...used].sort())
  })

  it('have a box for every value of every policy', () => {
    const presentations = new Map(blocks(adml, 'presentation', 'id'))
    const policies = blocks(admx, 'policy', 'name')
    expect(policies.length).toBeGreaterThan(5)
    for (const [name, inside] of policies) {
      const shown = /presentation="\$\(presentation\.([^)]+)\)"/.exec(inside)![1]!
      const values = all(inside, /<(?:multiText|decimal) id="([^"]+)"/g)
      expect(all(presentations.get(shown)!, /refId="([^"]+)"/g), name).toEqual(values)
      expect(values, name).toHaveLength(1)
    }
    expect(presentations.size).toBe(policies.length)
  })

  it('refer to categories and products that are there', () => {
    const categories = all(admx, /<category name="([^"]+)"/g)
    const products = all(admx, /<definition name="([^"]+)"/g)
    for (const ref of all(admx, /<parentCategory ref="([^"]+)"/g)) expect(categories).toContain(ref)
    for (const ref of all(admx, /<supportedOn ref="([^"]+)"/g)) expect(products).toContain(ref)
  })

  it('are for the agent that they come with', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const [, since] = /SUPPORTED_Agent">Sidestream agent ([\d.]+) or newer</.exec(adml)!
    const isNewer = since!.localeCompare(version, 'en', { numeric: true }) > 0
    expect(isNewer, `${since} is newer than ${version}`).toBe(false)
  })
})
