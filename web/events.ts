/**
 * `/api/v1/events`: what changed at central, so that pages ask again. Events lost while the socket was
 * down cannot be had again, so every reconnect tells all listeners that anything may have changed.
 */
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ConsoleEvent } from '../server/protocol/api/events.ts'
import { api } from './api.ts'

export type Connection = 'connecting' | 'live' | 'reconnecting'
export type LiveEvent = ConsoleEvent | { type: 'missed' }

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 15_000

export const connection = signal<Connection>('connecting')

const listeners = new Set<(event: LiveEvent) => void>()

/** Connects until the returned function is called. */
export function connectEvents(): () => void {
  let socket: WebSocket | null = null
  let timer = 0
  let failures = 0
  let isOver = false
  let wasLive = false

  const open = () => {
    const url = new URL('/api/v1/events', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    socket = new WebSocket(url)
    socket.onopen = () => {
      failures = 0
      connection.value = 'live'
      if (wasLive) tell({ type: 'missed' })
      wasLive = true
    }
    socket.onmessage = (message) => tell(JSON.parse(String(message.data)) as ConsoleEvent)
    socket.onclose = () => {
      if (isOver) return
      connection.value = 'reconnecting'
      failures += 1
      // A refused upgrade looks like a dead server from here; only a request can tell that the session
      // is over. If it is, this module is disconnected by the sign-in page taking over.
      void api.session().catch(() => {})
      const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)
      timer = window.setTimeout(open, wait * (0.5 + Math.random() / 2))
    }
  }

  open()
  return () => {
    isOver = true
    window.clearTimeout(timer)
    socket?.close()
    connection.value = 'connecting'
  }
}

function tell(event: LiveEvent): void {
  for (const listener of listeners) listener(event)
}

/** Calls `onEvent` of the latest render for every event while the component is there. */
export function useEvents(onEvent: (event: LiveEvent) => void): void {
  const latest = useRef(onEvent)
  latest.current = onEvent
  useEffect(() => {
    const listener = (event: LiveEvent) => latest.current(event)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [])
}
