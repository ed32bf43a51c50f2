/** The order demo proves itself; here it is run as a person would, and must leave nothing behind. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const demoFolders = () => (existsSync('.sidestream') ? readdirSync('.sidestream') : [])
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/demo-orders.ts', ...args], { encoding: 'utf8' })

describe('scripts/demo-orders', () => {
  it('previews, approves, gets every kind of receipt, undoes, and verifies the audit chain', () => {
    const before = demoFolders()
    const { status, stdout, stderr } = run('--check')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout.match(/^ {2}proved {2}/gm)).toHaveLength(6)
    for (const receipt of ['2 done', '1 gone', '1 changed', '1 in-use', '1 denied', '1 refused']) {
      expect(stdout).toContain(receipt)
    }
    expect(stdout).toMatch(/demo orders: everything holds\n$/)
    expect(demoFolders()).toEqual(before)
  })

  it('says in one line what is wrong with its arguments', () => {
    const { status, stderr } = run('--port')
    expect(status).toBe(2)
    expect(stderr).toMatch(/^demo-orders: [^\n]*--port[^\n]*\nusage: /)
  })
})
