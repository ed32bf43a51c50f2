/** What every agent socket needs: messages one at a time with back-pressure, and an eye on whether it lives. */
import type { RawData, WebSocket } from 'ws'

/** Messages that may wait before the socket is not read any more: TCP then slows the agent down. */
const MAX_WAITING = 4

/** Hands over one message at a time, `receive` must not reject, and lets other sockets have the event loop between two of them. */
export function readOneAtATime(
  socket: WebSocket,
  receive: (data: Buffer, isBinary: boolean) => Promise<void>,
): void {
  const waiting: { data: Buffer; isBinary: boolean }[] = []
  let isBusy = false

  const next = async (): Promise<void> => {
    const message = waiting.shift()
    if (message === undefined) {
      isBusy = false
      return
    }
    await receive(message.data, message.isBinary)
    if (socket.isPaused && waiting.length < MAX_WAITING) socket.resume()
    setImmediate(() => void next())
  }

  socket.on('message', (data: RawData, isBinary: boolean) => {
    waiting.push({ data: data as Buffer, isBinary })
    if (waiting.length >= MAX_WAITING) socket.pause()
    if (isBusy) return
    isBusy = true
    setImmediate(() => void next())
  })
}

/** Ends a connection whose other side does not answer pings: a PC that was switched off says no goodbye. */
export function keepAlive(socket: WebSocket, everyMs: number): void {
  let isAlive = true
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
  }, everyMs)
  socket.on('pong', () => {
    isAlive = true
  })
  socket.on('close', () => clearInterval(timer))
}
