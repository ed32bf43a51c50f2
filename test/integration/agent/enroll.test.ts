import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { enroll } from '../../../server/agent/enroll.ts'
import { AppError } from '../../../server/shared/app-error.ts'
import { aCentral, aPlace, type Place } from './support/agent-fixture.ts'
import { TOKEN } from './support/test-central.ts'

function optionsFor({ stateDir, data }: Place, serverUrl: string, token = TOKEN) {
  return { stateDir, serverUrl, token, scope: [data], exclude: [] }
}

async function failureOf(call: Promise<unknown>): Promise<AppError> {
  const error = await call.then(
    () => null,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(AppError)
  expect((error as AppError).message).not.toContain('\n')
  return error as AppError
}

describe('enroll', () => {
  it('gives the machine an identity that only its owner may read', async () => {
    const place = aPlace()
    const central = await aCentral()
    const { machineId } = await enroll(optionsFor(place, `${central.url}/`))
    expect(central.enrolled.has(machineId as string)).toBe(true)
    const file = join(place.stateDir, 'identity.json')
    expect(lstatSync(file).mode & 0o777).toBe(0o600)
    expect(lstatSync(place.stateDir).mode & 0o777).toBe(0o700)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      machineId,
      centralUrl: central.url,
    })
    expect(JSON.parse(readFileSync(join(place.stateDir, 'agent.json'), 'utf8')).scope).toEqual([
      place.data,
    ])
    expect(readdirSync(place.stateDir).sort()).toEqual(['agent.json', 'identity.json'])
  })

  it('says that the token was refused, and leaves nothing that looks enrolled', async () => {
    const place = aPlace()
    const central = await aCentral()
    const token = 'a-wrong-token-0123456789'
    const error = await failureOf(enroll(optionsFor(place, central.url, token)))
    expect(error.code).toBe('ENROLMENT_REFUSED')
    expect(error.message).not.toContain(token)
    expect(existsSync(join(place.stateDir, 'identity.json'))).toBe(false)
    await enroll(optionsFor(place, central.url))
  })

  it('says that central cannot be reached, and why', async () => {
    const place = aPlace()
    const error = await failureOf(enroll(optionsFor(place, 'http://127.0.0.1:1')))
    expect(error.code).toBe('CENTRAL_UNREACHABLE')
    const named = await failureOf(enroll(optionsFor(place, 'central.example.com')))
    expect(named.code).toBe('CENTRAL_UNREACHABLE')
  })

  it('does not take any web server for a central', async () => {
    const place = aPlace()
    const server = createServer((_request, response) => response.end('<html>hello</html>'))
    server.listen(0)
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const error = await failureOf(enroll(optionsFor(place, `http://127.0.0.1:${port}`)))
    expect(error.code).toBe('CENTRAL_UNREACHABLE')
  })

  it('enrols once', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enroll(optionsFor(place, central.url))
    const before = readFileSync(join(place.stateDir, 'identity.json'), 'utf8')
    const error = await failureOf(enroll(optionsFor(place, central.url)))
    expect(error.code).toBe('ALREADY_ENROLLED')
    expect(readFileSync(join(place.stateDir, 'identity.json'), 'utf8')).toBe(before)
    expect(central.enrolled.size).toBe(1)
  })

  it('takes absolute paths only, because an agent has no folder of its own', async () => {
    const place = aPlace()
    const error = await failureOf(
      enroll({ ...optionsFor(place, 'http://127.0.0.1:1'), scope: ['data'] }),
    )
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('"data"')
  })
})
