/** All of what central answers to, taken from the running app, so that nothing new is left out. */
import { request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import {
  EVENT_PERMISSIONS,
  EVENTS_PERMISSION,
} from '../../../server/protocol/api/event-permissions.ts'
import { ConsoleEvent } from '../../../server/protocol/api/events.ts'
import { ADMIN_PASSWORD, type Fleet, openFleet } from './fleet.ts'

const UUID = '00000000-0000-4000-8000-000000000001'
const EVIL = 'https://evil.example'
const STATE_KEEPING = /^(GET|HEAD|OPTIONS) /

const pathOf = (pattern: string): string => pattern.replace(/:\w+/g, UUID).replace('*', '')

const routesOf = (fleet: Fleet): [string, string, string][] =>
  [...fleet.central.routeAccess.keys()].map((route) => {
    const [method, pattern] = route.split(' ') as [string, string]
    return [route, method, pathOf(pattern)]
  })

/** The status with which a WebSocket is opened or refused; 0: cut off. */
function upgrade(fleet: Fleet, path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`${fleet.central.url.replace('http', 'ws')}${path}`, { headers })
  onTestFinished(() => socket.terminate())
  return new Promise((resolve) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => resolve(0))
  })
}

async function tokenWithout(fleet: Fleet): Promise<string> {
  const wanted = { name: 'other', permissions: ['audit.read'] }
  return (await fleet.post('/tokens', wanted)).body.secret
}

describe('every WebSocket', () => {
  it('is one of these two, and says who may open it', async () => {
    const fleet = await openFleet()
    const sockets = [...fleet.central.webSockets].sort()
    expect(sockets.map((route) => [route, fleet.central.routeAccess.get(route)])).toEqual([
      // Agents prove their key in the first frame; see link.test.ts.
      ['GET /agent/v1', 'public'],
      ['GET /api/v1/events', EVENTS_PERMISSION],
    ])
  })

  it('is refused to another site’s page, and where it asks for a permission to who lacks it', async () => {
    const fleet = await openFleet()
    const authorization = `Bearer ${await tokenWithout(fleet)}`
    const { cookie } = fleet
    for (const route of fleet.central.webSockets) {
      const path = route.split(' ')[1]!
      expect([route, await upgrade(fleet, path, { cookie, origin: EVIL })]).toEqual([route, 403])
      if (fleet.central.routeAccess.get(route) === 'public') continue
      expect([route, await upgrade(fleet, path, {})]).toEqual([route, 401])
      expect([route, await upgrade(fleet, path, { authorization })]).toEqual([route, 403])
      expect([route, await upgrade(fleet, path, { cookie })]).toEqual([route, 101])
    }
  })

  it('is no way around the check of a route that is none', async () => {
    const fleet = await openFleet()
    const { cookie } = fleet
    const reading = routesOf(fleet).filter(
      ([route, method]) => method === 'GET' && !fleet.central.webSockets.has(route),
    )
    for (const [route, , path] of reading) {
      expect([route, await upgrade(fleet, path, { cookie, origin: EVIL })]).toEqual([route, 403])
      const isPublic = fleet.central.routeAccess.get(route) === 'public'
      expect([route, await upgrade(fleet, path, {})]).toEqual([route, isPublic ? 400 : 401])
      expect([route, await upgrade(fleet, path, { cookie })]).toEqual([route, 400])
    }
  })

  it('sends the console nothing that opening it does not ask a permission for', () => {
    const types = ConsoleEvent.anyOf.map(({ properties }) => properties.type.const)
    expect(types.length).toBeGreaterThan(4)
    expect(Object.keys(EVENT_PERMISSIONS).sort()).toEqual(types.sort())
    const beyond = Object.entries(EVENT_PERMISSIONS).filter(
      ([, name]) => name !== EVENTS_PERMISSION,
    )
    expect(beyond).toEqual([])
  })

  it('of a console takes no message of whatever kind', async () => {
    const fleet = await openFleet()
    for (const message of ['{}', '{"type":"machine.changed"}', Buffer.from([0, 1, 2])]) {
      const socket = new WebSocket(`${fleet.central.url.replace('http', 'ws')}/api/v1/events`, {
        headers: { cookie: fleet.cookie },
      })
      onTestFinished(() => socket.terminate())
      socket.on('open', () => socket.send(message))
      expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(1008)
    }
  })
})

describe('every route that changes something', () => {
  it('is refused to another site’s page, before it is looked at who asks', async () => {
    const fleet = await openFleet()
    const changing = routesOf(fleet).filter(([route]) => !STATE_KEEPING.test(route))
    expect(changing.length).toBeGreaterThan(20)
    for (const [route, method, path] of changing) {
      for (const origin of [EVIL, 'null']) {
        const answer = await fleet.call(method, path, undefined, { origin })
        expect([route, answer.status, answer.body.code]).toEqual([route, 403, 'ORIGIN_REFUSED'])
      }
    }
  })

  it('reads no more than a megabyte', async () => {
    const fleet = await openFleet()
    const big = { filling: 'x'.repeat(1_100_000) }
    const taking = routesOf(fleet).filter(([, method]) => /^(POST|PUT|PATCH)$/.test(method))
    for (const [route, method, path] of taking) {
      const answer = await fleet.call(method, path, big)
      expect([route, answer.status, answer.body.code]).toEqual([route, 413, 'REQUEST_TOO_LARGE'])
    }
  })
})

describe('whoever guesses', () => {
  /** From another address of this PC. */
  function signInFrom(fleet: Fleet, localAddress: string, password: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${fleet.central.url}/api/v1/session`,
        { method: 'POST', localAddress, headers: { 'content-type': 'application/json' } },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      sent.on('error', reject)
      sent.end(JSON.stringify({ username: 'admin', password }))
    })
  }

  it('shuts out nobody but the own address, though it be the administrator’s name', async () => {
    const fleet = await openFleet()
    const statuses: number[] = []
    for (let round = 0; round < 6; round += 1) {
      statuses.push(await signInFrom(fleet, '127.0.0.2', 'wrong'))
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    expect(await signInFrom(fleet, '127.0.0.2', ADMIN_PASSWORD)).toBe(429)
    expect(await signInFrom(fleet, '127.0.0.1', ADMIN_PASSWORD)).toBe(200)
  })

  it('is stopped at the ways to the provider and at codes, too', async () => {
    const fleet = await openFleet()
    const last = async (times: number, ask: () => Promise<{ status: number }>): Promise<number> => {
      for (let round = 1; round < times; round += 1) await ask()
      return (await ask()).status
    }
    expect(
      await last(31, () =>
        fetch(`${fleet.central.url}/api/v1/openid/start`, { redirect: 'manual' }),
      ),
    ).toBe(429)
    expect(await last(21, () => fleet.post('/session/factor', {}))).toBe(429)
    expect(await last(21, () => fleet.post('/session/password', {}))).toBe(429)
  })
})
