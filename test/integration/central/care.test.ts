import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { checkStores } from '../../../server/central/store/check-stores.ts'
import { openStores } from '../../../server/central/store/stores.ts'
import { runCli } from '../cli/run-cli.ts'
import { openFleet, until } from './fleet.ts'
import { keyOf, stream, streams } from './test-agent.ts'

const central = (dataDir: string, ...args: string[]) =>
  runCli(['central', '--data', dataDir, ...args])

describe('a backup of a central that is at work', () => {
  it('is a data folder that checks without faults and has what was acknowledged before', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report(streams(200))
    let isOver = false
    const work = (async () => {
      for (let n = 0; !isOver; n += 1) {
        const some = streams(50).map((each) => ({ ...each, sizeBytes: n }))
        await agent.report(some)
        await fleet.token()
      }
    })()
    const target = join(fleet.dataDir, 'backup')
    const backup = await central(fleet.dataDir, 'backup', target)
    isOver = true
    await work
    expect([backup.exitCode, backup.stderr]).toEqual([0, ''])
    expect(readdirSync(fleet.dataDir)).not.toContain('backup.partial')
    const faults = [...checkStores(target)].flatMap((checked) => checked.faults)
    expect(faults).toEqual([])
    const stores = await openStores(target)
    expect(stores.inventory.held(agent.machineId)?.counts.streams).toBe(200)
    expect(stores.machines.count()).toBe(1)
    await stores.close()
  })

  it('says what administrators put there and it does not hold', async () => {
    const fleet = await openFleet()
    writeFileSync(join(fleet.dataDir, 'directory.json'), '{}')
    writeFileSync(join(fleet.dataDir, 'bind-\u001bpassword'), 'secret')
    const target = join(fleet.dataDir, 'backup')
    const { stderr } = await central(fleet.dataDir, 'backup', target)
    expect(stderr).toMatch(/^Not in it, .*: bind-\S+password, directory\.json\. /)
    expect(stderr).not.toContain('\u001b')
    expect(readdirSync(target)).not.toContain('directory.json')
  })

  it('never writes over what is there', async () => {
    const fleet = await openFleet()
    const again = await central(fleet.dataDir, 'backup', fleet.dataDir)
    expect(again).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is there already'),
    })
    expect(existsSync(join(fleet.dataDir, 'central.sqlite'))).toBe(true)
  })
})

describe('a check', () => {
  it('finds nothing wrong while central works, and what other hands have changed', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([...streams(20), stream()])
    const sound = await central(fleet.dataDir, 'check')
    expect([sound.exitCode, sound.stdout]).toEqual([
      0,
      expect.stringContaining('streams of each item'),
    ])
    const copy = join(fleet.dataDir, 'copy')
    await central(fleet.dataDir, 'backup', copy)
    const changes: [string, string, string][] = [
      ['inventory.sqlite', 'UPDATE item SET live_count = 7 WHERE item_no = 1', 'item 1'],
      ['inventory.sqlite', 'UPDATE class SET item_count = 0', 'items of class'],
      ['inventory.sqlite', 'UPDATE machine_tally SET live_count = 1', 'machine and tally'],
      [
        'inventory.sqlite',
        "UPDATE stream SET modified_at = '?' WHERE stream_id = 3",
        agent.machineId,
      ],
      ['inventory.sqlite', 'UPDATE engine SET next_stream_id = 2', 'would be given next'],
      ['inventory.sqlite', 'DELETE FROM folder', 'folder'],
      ['inventory.sqlite', "UPDATE engine SET inventory_id = 'x'", 'belongs to'],
      [
        'central.sqlite',
        'DROP TRIGGER audit_entry_is_never_deleted; DELETE FROM audit_entry WHERE audit_id = 2',
        'record 2 is missing',
      ],
    ]
    for (const [index, [file, sql, told]] of changes.entries()) {
      const changed = join(fleet.dataDir, `changed-${index}`)
      cpSync(copy, changed, { recursive: true })
      const db = new Database(join(changed, file))
      db.pragma('foreign_keys = OFF')
      db.exec(sql)
      db.close()
      const faults = [...checkStores(changed)].flatMap((checked) => checked.faults)
      expect([sql, faults.join('\n')]).toEqual([sql, expect.stringContaining(told)])
      if (index > 0) continue
      const told1 = await central(changed, 'check')
      expect([told1.exitCode, told1.stdout]).toEqual([1, expect.stringContaining('item 1')])
    }
  })
})

describe('streams that are gone', () => {
  it('are remembered as long as an administrator wants, and forgetting them is audited', async () => {
    const fleet = await openFleet({ keepGoneDays: 30 })
    const agent = await fleet.agent()
    await agent.report(streams(3))
    await agent.report([], { gone: streams(2).map(keyOf) })
    await fleet.restart()
    expect((await fleet.search('', '&gone=only')).total).toBe(2)
    fleet.clock.moveBy(31 * 86_400_000)
    await fleet.restart()
    await fleet.signIn()
    await until(async () => (await fleet.search('', '&gone=true')).total === 1 || undefined)
    const { entries } = (await fleet.get('/audit')).body
    expect(entries.map((entry: { action: string }) => entry.action)).toContain('inventory.pruned')
  })
})
