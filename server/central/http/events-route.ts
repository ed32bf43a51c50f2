/** WebSocket `/api/v1/events`: tells signed-in consoles what changed. Takes nothing from them. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EVENTS_PERMISSION } from '../../protocol/api/event-permissions.ts'
import type { EventHub } from '../events/event-hub.ts'
import { type AccessParts, findSession } from './access.ts'

export interface EventsRouteOptions extends Pick<AccessParts, 'sessions' | 'tokens'> {
  events: EventHub
}

/** How often a watcher is checked: still there, still signed in, still reading. */
const CHECK_EVERY_MS = 20_000
/** A console that does not read is let go; it asks for everything again when it is back. */
const MAX_UNREAD_BYTES = 1024 * 1024
const SIGNED_OUT = 4401
const POLICY_VIOLATION = 1008

export const eventsRoute: FastifyPluginAsyncTypebox<EventsRouteOptions> = async (
  app,
  { events, ...access },
) => {
  app.get(
    '/events',
    { websocket: true, config: { access: EVENTS_PERMISSION } },
    (socket, request) => {
      let isAlive = true
      const unsubscribe = events.subscribe((event) => {
        if (socket.bufferedAmount > MAX_UNREAD_BYTES) return socket.terminate()
        socket.send(JSON.stringify(event))
      })
      const timer = setInterval(() => {
        if (!isAlive) return socket.terminate()
        if (findSession(request, access) === undefined)
          return socket.close(SIGNED_OUT, 'signed out')
        isAlive = false
        socket.ping()
      }, CHECK_EVERY_MS)
      socket.on('pong', () => {
        isAlive = true
      })
      socket.on('message', () => socket.close(POLICY_VIOLATION, 'nothing is accepted here'))
      socket.on('close', () => {
        clearInterval(timer)
        unsubscribe()
      })
    },
  )
}
