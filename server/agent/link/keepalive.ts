import type WebSocket from 'ws'

/**
 * Notices a peer that is gone without a word (power cut, dropped NAT entry): TCP alone may take a quarter
 * of an hour. Two pings without a sign of life in between mean dead.
 */
export class Keepalive {
  readonly #timer: NodeJS.Timeout
  #unanswered = 0

  constructor(socket: WebSocket, everyMs: number, dead: () => void) {
    socket.on('pong', () => this.heard())
    socket.on('ping', () => this.heard())
    this.#timer = setInterval(() => {
      if (socket.readyState !== socket.OPEN) return
      if (this.#unanswered >= 2) return dead()
      this.#unanswered++
      socket.ping()
    }, everyMs)
  }

  heard(): void {
    this.#unanswered = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
