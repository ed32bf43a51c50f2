/** WebSocket `/api/v1/events`: tells signed-in consoles what changed. Takes nothing from them. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EVENTS_PERMISSION } from '../../protocol/api/event-permissions.ts'
import type { ConsoleEvent } from '../../protocol/api/events.ts'
import type { Session } from '../../protocol/api/session.ts'
import type { EventHub } from '../events/event-hub.ts'
import { type EventScopeParts, isEventVisible } from '../events/event-scope.ts'
import { type AccessParts, findSession } from './access.ts'

export interface EventsRouteOptions
  extends Pick<AccessParts, 'sessions' | 'tokens' | 'scopes' | 'audit'>,
    EventScopeParts {
  events: EventHub
}

/** How often a watcher is checked: still there, still signed in, still reading. */
const CHECK_EVERY_MS = 20_000
/** A console that does not read is let go; it asks for everything again when it is back. */
const MAX_UNREAD_BYTES = 1024 * 1024
const SIGNED_OUT = 4401
const POLICY_VIOLATION = 1008
/** What may end a session or a token, or make it another one. */
const OF_ACCOUNTS = /^(user|session|token|factor)\./

export const eventsRoute: FastifyPluginAsyncTypebox<EventsRouteOptions> = async (
  app,
  { events, audit, scopes, ...parts },
) => {
  app.get(
    '/events',
    { websocket: true, config: { access: EVENTS_PERMISSION, scope: 'filtered' } },
    (socket, request) => {
      let isAlive = true
      /** Undefined: to be looked up again, because it may have ended or may be for other machines now. */
      let known: Session | undefined
      /** Undefined: signed out, and the socket is closed. */
      const sessionNow = (): Session | undefined => {
        known ??= findSession(request, parts)
        if (known?.permissions.includes(EVENTS_PERMISSION)) return known
        socket.close(SIGNED_OUT, 'signed out')
        return undefined
      }
      const send = (event: ConsoleEvent): void => {
        if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate()
        else socket.send(JSON.stringify(event))
      }
      const sendIf = (visible: Promise<boolean>, event: ConsoleEvent): void =>
        void visible.then(
          (isVisible) => {
            if (isVisible) send(event)
          },
          (error: unknown) => request.log.warn({ err: error }, 'an event was kept back'),
        )
      const unsubscribe = events.subscribe((event) => {
        const session = sessionNow()
        if (session === undefined) return
        const visible = isEventVisible(event, scopes.of(session.scope), parts)
        if (visible === true) send(event)
        else if (visible !== false) sendIf(visible, event)
      })
      const unsubscribeAudit = audit.subscribe(({ action }) => {
        if (OF_ACCOUNTS.test(action)) known = undefined
      })
      const timer = setInterval(() => {
        if (!isAlive) return socket.terminate()
        known = undefined
        if (sessionNow() === undefined) return
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
        unsubscribeAudit()
      })
    },
  )
}
