/**
 * A volume's change journal, followed by an enrolled agent: the addon's own calls, decoding and looks by identity, with records that
 * the bench answers instead of NTFS. One story: each part begins where the one before it ended.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../scripts/lib/wait-for.ts'
import { BenchJournal, NOT_ACTIVE } from './support/bench-journal.ts'
import { EnrolledAgent, START_MS } from './support/enrolled-agent.ts'
import { MARK } from './support/fixture.ts'
import { openVolume, SETUP_MS, type WindowsVolume } from './support/windows.ts'

const PROMISED_MS = 5_000

let volume: WindowsVolume
let journal: BenchJournal
let agent: EnrolledAgent

beforeAll(async () => {
  volume = openVolume(16)
  mark('before.exe')
  journal = new BenchJournal(volume)
  agent = await EnrolledAgent.on(volume)
}, SETUP_MS)

afterAll(async () => {
  await agent?.remove()
  volume?.remove()
})

function mark(name: string): void {
  writeFileSync(join(volume.folder, name), 'MZ')
  writeFileSync(`${join(volume.folder, name)}:Zone.Identifier`, MARK)
}

/** The machine's last scan at central says why it was made. */
const scanSays = (words: string) =>
  waitFor(
    `a scan, because ${words}`,
    async () => ((await agent.lastScan())?.message.includes(words) ? true : undefined),
    START_MS,
  )

describe('an agent on a volume with a change journal', () => {
  it('follows it after the first scan', async () => {
    await agent.reports('before.exe')
    await waitFor('the first scan', async () => (await agent.lastScan()) ?? undefined)
    expect(agent.status().watches).toMatchObject([
      { root: volume.drive, how: 'journal', isInStep: true },
    ])
  }, 240_000)

  it('has a new stream at central within five seconds, and makes no scan for it', async () => {
    const before = await agent.lastScan()
    mark('new.exe')
    journal.tell('new.exe')
    const tookMs = await agent.reports('new.exe')
    console.log(`windows: a new stream was at central after ${Math.round(tookMs)} ms`)
    expect(tookMs).toBeLessThan(PROMISED_MS)
    expect((await agent.lastScan())?.scanId).toBe(before?.scanId)
  }, 240_000)

  it('takes away what is gone as soon', async () => {
    journal.tell('new.exe')
    rmSync(join(volume.folder, 'new.exe:Zone.Identifier'))
    const isGone = async () =>
      (await agent.client.search('machine:WINDOWS-PC path:new.exe')).total === 0 || undefined
    await waitFor('the stream to be gone', isGone, PROMISED_MS)
  }, 60_000)

  it('goes on where it was after it was down, without a scan', async () => {
    const before = await agent.lastScan()
    await agent.stop()
    mark('meanwhile.exe')
    journal.tell('meanwhile.exe')
    agent.start()
    await agent.reports('meanwhile.exe')
    expect((await agent.lastScan())?.scanId).toBe(before?.scanId)
  }, 240_000)

  it('scans all where the journal was made anew while it ran, and says so', async () => {
    mark('untold.exe')
    journal.publish({ id: 8n })
    await agent.isScanning()
    mark('during.exe')
    journal.tell('during.exe')
    await agent.reports('untold.exe')
    await scanSays('made anew')
  }, 240_000)

  it('misses nothing that changed while that scan ran, or since', async () => {
    mark('after.exe')
    journal.tell('after.exe')
    await agent.reports('during.exe')
    expect(await agent.reports('after.exe')).toBeLessThan(PROMISED_MS)
  }, 240_000)

  it('scans all where the journal dropped records that it had not read, and says so', async () => {
    await agent.stop()
    mark('dropped.exe')
    journal.tell('before.exe')
    journal.publish({ id: 8n, firstUsn: journal.nextUsn })
    agent.start()
    await agent.reports('dropped.exe')
    await scanSays('dropped records')
  }, 240_000)

  it('scans all where the journal was switched off, and from then on is seen by scans', async () => {
    await agent.stop()
    mark('unjournaled.exe')
    journal.publish({ status: NOT_ACTIVE })
    agent.start()
    await agent.reports('unjournaled.exe')
    await scanSays('has no change journal')
    expect(agent.status().watches).toMatchObject([
      { how: 'scans', isInStep: false, message: 'it has no change journal' },
    ])
  }, 240_000)
})
