/** The demo proves itself; here it is run as a person would, and must leave nothing behind. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const demoFolders = () => (existsSync('.sidestream') ? readdirSync('.sidestream') : [])

describe('npm run demo -- --check', () => {
  it('finds, strips, restores, proves it on disk, and cleans up', () => {
    const before = demoFolders()
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/demo.ts', '--check'], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toMatch(/proved {2}this stream and only it is gone/)
    expect(stdout).toMatch(/proved {2}the disk is what it was before/)
    expect(stdout).toMatch(/cold start .*: [\d.]+ s\nwarm start .*: [\d.]+ s/)
    expect(demoFolders()).toEqual(before)
  })

  it('says in one line what is wrong with its arguments', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/demo.ts', '--port', 'x'], {
      encoding: 'utf8',
    })
    expect(status).toBe(2)
    expect(stderr).toMatch(/^demo: [^\n]*--port x[^\n]*\n$/)
  })
})
