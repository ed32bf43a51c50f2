import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentUnit, centralUnit } from '../../../server/cli/systemd-units.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'

const programs = { node: process.execPath, main: join(process.cwd(), 'server/cli/sidestream.mjs') }
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
let folder: string
beforeAll(() => {
  folder = makeTempFolder()
})
afterAll(() => removeTempFolder(folder))

function exposure(name: string, text: string): number {
  const file = join(folder, name)
  writeFileSync(file, text)
  // User= of central exists once its package is installed.
  const shown = execFileSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', file], {
    encoding: 'utf8',
  })
  return Number(/Overall exposure level.*?: ([\d.]+)/.exec(shown)?.[1])
}

describe('systemd units', () => {
  it('quote paths with spaces and escape %', () => {
    const unit = agentUnit({ node: '/opt/a b/node', main: '/opt/100%/sidestream.mjs' })
    expect(unit).toContain('ExecStart="/opt/a b/node" /opt/100%%/sidestream.mjs agent run')
  })

  it.runIf(hasSystemd)('are understood by systemd', () => {
    const file = join(folder, 'sidestream-agent.service')
    writeFileSync(file, agentUnit(programs))
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    })
    expect(stderr.split('\n').filter((line) => line.includes('sidestream'))).toEqual([])
    expect(status).toBe(0)
  })

  it.runIf(hasSystemd)('leave central nearly nothing, and the agent what its work needs', () => {
    expect(exposure('sidestream-central.service', centralUnit(programs))).toBeLessThan(2)
    expect(exposure('sidestream-agent.service', agentUnit(programs))).toBeLessThan(5)
  })
})
