import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../server/shared/app-error.ts'
import { anAgent, aPlace, get, type Place } from './support/agent-fixture.ts'
import { aChildAgent } from './support/child-agent.ts'

async function startFailure(place: Place, options: object = {}): Promise<AppError> {
  const error = await anAgent(place, options).then(
    () => null,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(AppError)
  expect((error as AppError).message).not.toContain('\n')
  return error as AppError
}

function withConfig(place: Place, text: string): void {
  mkdirSync(place.stateDir, { recursive: true })
  writeFileSync(join(place.stateDir, 'agent.json'), text)
}

describe('startAgent', () => {
  it('listens on a socket for its owner only', async () => {
    const place = aPlace()
    const agent = await anAgent(place, { scope: [place.data] })
    expect(lstatSync(agent.socketPath).mode & 0o777).toBe(0o600)
    expect(lstatSync(place.stateDir).mode & 0o777).toBe(0o700)
    expect((await get(agent, '/v1/status')).body).toMatchObject({ link: 'off', machineId: null })
  })

  it('refuses a state folder that another agent holds, and takes over that of a killed one', async () => {
    const place = aPlace()
    const first = await aChildAgent(place)
    expect((await startFailure(place, { scope: [place.data] })).code).toBe('STATE_IN_USE')
    expect((await first.status()).link).toBe('off')
    await first.kill()
    const second = await anAgent(place, { scope: [place.data] })
    expect((await startFailure(place, { scope: [place.data] })).code).toBe('STATE_IN_USE')
    expect((await get(second, '/v1/status')).status).toBe(200)
  })

  it.each([
    ['no JSON', '{"scope": ['],
    ['an unknown setting', '{"scope": ["/data"], "scpoe": []}'],
    ['an empty scope', '{"scope": []}'],
    ['a relative path', '{"scope": ["data"]}'],
    ['a relative smbConf', '{"scope": ["/data"], "smbConf": "data"}'],
  ])('refuses a config with %s, in one line that names the file', async (_fault, text) => {
    const place = aPlace()
    withConfig(place, text)
    const error = await startFailure(place)
    expect(error.code).toBe('CONFIG_INVALID')
    if (!text.includes('"data"'))
      expect(error.message).toContain(join(place.stateDir, 'agent.json'))
  })

  it('says what is missing where there is neither a config nor a scope', async () => {
    expect((await startFailure(aPlace())).code).toBe('CONFIG_INVALID')
  })

  it('refuses a state file that is no database', async () => {
    const place = aPlace()
    mkdirSync(place.stateDir)
    writeFileSync(
      join(place.stateDir, 'state.db'),
      'this is no database, and long enough '.repeat(200),
    )
    expect((await startFailure(place, { scope: [place.data] })).code).toBe('STATE_UNUSABLE')
  })

  it('refuses the state of a newer agent', async () => {
    const place = aPlace()
    await (await anAgent(place, { scope: [place.data] })).close()
    const db = new Database(join(place.stateDir, 'state.db'))
    db.pragma('user_version = 99')
    db.close()
    const error = await startFailure(place, { scope: [place.data] })
    expect(error.code).toBe('STATE_UNUSABLE')
    expect(error.message).toContain('newer')
  })

  it('closes its own folder to others, and leaves alone one that is used for something else', async () => {
    const place = aPlace()
    mkdirSync(place.stateDir, { mode: 0o755 })
    writeFileSync(join(place.stateDir, 'something'), '')
    const error = await startFailure(place, { scope: [place.data] })
    expect(error.code).toBe('STATE_UNUSABLE')
    expect(lstatSync(place.stateDir).mode & 0o777).toBe(0o755)
    rmSync(join(place.stateDir, 'something'))
    await anAgent(place, { scope: [place.data] })
    expect(lstatSync(place.stateDir).mode & 0o777).toBe(0o700)
  })

  it('does not remove what is no socket from the place of its socket', async () => {
    const place = aPlace()
    const socketPath = join(place.base, 'precious')
    writeFileSync(socketPath, 'precious')
    const error = await startFailure(place, { scope: [place.data], socketPath })
    expect(error.code).toBe('SOCKET_UNUSABLE')
    expect(lstatSync(socketPath).isFile()).toBe(true)
  })

  it('says that a socket path is too long', async () => {
    const place = aPlace()
    const socketPath = join(place.base, 'x'.repeat(120))
    const error = await startFailure(place, { scope: [place.data], socketPath })
    expect(error.code).toBe('SOCKET_UNUSABLE')
    expect(error.message).toContain('shorter')
  })
})
