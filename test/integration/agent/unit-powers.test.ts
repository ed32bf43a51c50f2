/**
 * The agent as its systemd unit starts it: with the capabilities of the unit alone, and with parts of the disk mounted
 * over themselves. On a file server this is how it lives, so this is where its promises have to hold.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { agentUnit } from '../../../server/cli/systemd-units.ts'
import type { AgentStatus } from '../../../server/protocol/agent-api.ts'
import { isRoot } from '../../support/is-root.ts'
import { MAIN } from '../cli/run-cli.ts'
import { aCentral, aPlace, ask, enrolled, type Place } from './support/agent-fixture.ts'
import { setStream } from './support/streams.ts'
import { until } from './support/until.ts'

/** What is promised to people, not to a test. */
const PROMISED_MS = 5_000

/** As `setpriv --bounding-set` wants them. */
function capabilitiesOf(unit: string): string {
  const names = /^CapabilityBoundingSet=(.*)$/m.exec(unit)![1]!.split(' ')
  return ['-all', ...names.map((name) => name.replace('CAP_', '+').toLowerCase())].join(',')
}

/** In a mount namespace of its own, in which each of `readOnly` is mounted over itself. */
async function anAgentOfTheUnit(place: Place, readOnly: readonly string[] = []) {
  const script = `set -e
for place in "$@"; do mount --bind "$place" "$place"; mount -o remount,bind,ro "$place"; done
exec setpriv --no-new-privs --bounding-set=$BOUNDING_SET "$NODE" "$MAIN" agent run --log-level warn --state "$STATE"`
  const BOUNDING_SET = capabilitiesOf(agentUnit({ node: process.execPath, main: MAIN }))
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', ...readOnly], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, BOUNDING_SET, NODE: process.execPath, MAIN, STATE: place.stateDir },
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  const status = async () => {
    const answer = await ask(join(place.stateDir, 'agent.sock'), 'GET', '/v1/status')
    return answer.body as AgentStatus
  }
  const hasScanned = async () => (await status().catch(() => null))?.lastScan != null
  await until(hasScanned, 'the first scan')
  expect((await status()).watches).toMatchObject([{ how: 'notices', message: '' }])
  await until(async () => (await status()).watches[0]!.isInStep, 'being in step')
  return status
}

describe.runIf(isRoot)('an agent with the powers of its unit', () => {
  it('is told of changes, and central knows a new stream within five seconds', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const status = await anAgentOfTheUnit(place)
    const { lastScan } = await status()
    const file = join(place.data, 'new.exe')
    writeFileSync(file, '')
    setStream(file, 'Zone.Identifier', '[ZoneTransfer]\r\nZoneId=3\r\n')
    await until(() => central.inventory.size === 1, 'the stream at central', PROMISED_MS)
    expect((await status()).lastScan).toEqual(lastScan)
  })

  it('is told of them also where a folder is mounted over itself, as systemd protects /usr', async () => {
    const place = aPlace()
    const central = await aCentral()
    const protectedFolder = join(place.data, 'usr')
    mkdirSync(protectedFolder)
    await enrolled(place, central)
    await anAgentOfTheUnit(place, [protectedFolder])
    for (const folder of [place.data, protectedFolder]) {
      const file = join(folder, 'new.exe')
      writeFileSync(file, '')
      setStream(file, 'Zone.Identifier', '[ZoneTransfer]\r\nZoneId=3\r\n')
    }
    await until(() => central.inventory.size === 2, 'both streams at central', PROMISED_MS)
  })
})
