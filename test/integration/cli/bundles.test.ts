/** What setup makes of the sources for `sidestream` to start from. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CLI, freshBundle, SCAN } from '../../../server/cli/bundles.mjs'

const files = [CLI, SCAN].flatMap(({ folder }) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => ({ name, code: readFileSync(join(folder, name), 'latin1') })),
)

describe('the code that sidestream starts from', () => {
  it('is what setup last made, and is loaded', () => {
    expect([freshBundle(CLI), freshBundle(SCAN)]).toEqual([CLI.url, SCAN.url])
    expect(JSON.parse(readFileSync(CLI.sources, 'utf8')).length).toBeGreaterThan(300)
  })

  it('takes one byte of memory a letter', () => {
    const wide = files.filter(({ code }) => /[^\0-\u007f]/.test(code))
    expect(wide.map(({ name }) => name)).toEqual([])
  })

  it('does not load the web client of Node with its server', () => {
    const importing = files.filter(({ code }) => /from\s*["'](node:)?http["']/.test(code))
    expect(importing.map(({ name }) => name)).toEqual([])
  })
})
