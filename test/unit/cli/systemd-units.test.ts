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

/** Every system call that the unit's filters let through. */
function callsOf(unit: string): ReadonlySet<string> {
  const shown = execFileSync('systemd-analyze', ['syscall-filter', '--no-pager'], {
    encoding: 'utf8',
  })
  const sets = new Map<string, string[]>()
  let set: string[] = []
  for (const line of shown.split('\n')) {
    const name = line.trim()
    if (line.startsWith('@')) {
      set = []
      sets.set(name, set)
    } else if (/^@?\w+$/.test(name)) set.push(name)
  }
  const expand = (name: string): string[] =>
    name.startsWith('@') ? sets.get(name)!.flatMap(expand) : [name]
  const allowed = new Set<string>()
  for (const [, not, names] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const call of names!.split(' ').flatMap(expand)) {
      if (not === '~') allowed.delete(call)
      else allowed.add(call)
    }
  }
  return allowed
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

  it.runIf(hasSystemd)('let the agent be told of changes, and take the lowest priority', () => {
    const allowed = callsOf(agentUnit(programs))
    const needed = [
      ...['fanotify_init', 'fanotify_mark', 'open_by_handle_at'],
      ...['ioprio_set', 'sched_setscheduler', 'setpriority', 'unshare'],
    ]
    expect(needed.filter((call) => !allowed.has(call))).toEqual([])
    const powerful = ['mount', 'pivot_root', 'init_module', 'bpf', 'kexec_load', 'settimeofday']
    expect(powerful.filter((call) => allowed.has(call))).toEqual([])
  })

  it('hide nothing from the agent, and no volume that it may read raw', () => {
    const unit = agentUnit(programs)
    // With these systemd mounts something empty over what is there.
    const hiding =
      /^(ProtectHome|PrivateTmp|ProtectKernelModules|ProtectKernelLogs|PrivateDevices)=/m
    expect(unit).not.toMatch(hiding)
    // ProtectClock allows one kind of device, which closes all others unless they are allowed, too.
    expect(unit).toMatch(/^ProtectClock=yes$/m)
    expect(unit).toMatch(/^DeviceAllow=block-\* r$/m)
  })
})
