/** Central's disk is full while agents go on: nothing is lost, and all is there when there is space again. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { waitFor } from '../../scripts/lib/wait-for.ts'
import { enroll } from '../../server/agent/enroll.ts'
import { INVENTORY_FILE } from '../../server/central/store/inventory/open-inventory.ts'
import { isRoot } from '../support/is-root.ts'
import { expectSound } from '../unit/central/sound-inventory.ts'
import { BusyAgentProcess } from './support/busy-agent-process.ts'
import { ChildCentral } from './support/child-central.ts'

const DISK_MIB = 32

it.skipIf(!isRoot)(
  'a full disk at central costs agents nothing but time',
  { timeout: 240_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sidestream-full-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk])
    onTestFinished(() => void execFileSync('umount', [disk]))
    const central = await ChildCentral.start(join(disk, 'central'))
    const client = await central.client()
    const { token } = await client.createEnrolment(1)
    const stateDir = join(folder, 'agent')
    mkdirSync(stateDir)
    await enroll({ stateDir, serverUrl: central.url, token, scope: [folder], exclude: [] })
    const agent = new BusyAgentProcess(stateDir, 1, 4_000)
    await agent.start()

    const filler = join(disk, 'something else')
    fill(filler)
    const statusOf = async () => (await fetch(`${central.url}/readyz`)).status
    await waitFor('central to say so', async () => (await statusOf()) === 503 || undefined, 60_000)

    rmSync(filler)
    await waitFor('central to go on', async () => (await statusOf()) === 200 || undefined, 60_000)
    await agent.settle()
    expect(agent.differences).toBe(0)
    await agent.kill()
    const { machine } = await client.machine(agent.machineId)
    expect(machine.streamCount).toBe(agent.streams().length)
    await central.stop()
    expectSound(join(central.dataDir, INVENTORY_FILE))
  },
)

/** Takes all the space that is left, while others write as well. */
function fill(file: string): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(128 * 1024))
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
  }
}
