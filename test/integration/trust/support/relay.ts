/**
 * Something between an agent and central. With `pass` it hands bytes on as they are. With a certificate it ends the
 * agent's TLS with it, opens its own to central, and hands on what it reads: a man in the middle.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls'
import { onTestFinished } from 'vitest'

export type RelayMode = 'pass' | { cert: string; key: string }

export class Relay {
  #server!: Server
  #port = 0
  readonly #centralPort: number
  readonly #sockets = new Set<Socket>()
  /** What the agent has said, as far as it could be read. */
  heard = ''
  connections = 0

  constructor(centralPort: number) {
    this.#centralPort = centralPort
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`
  }

  async listen(mode: RelayMode): Promise<void> {
    const handler = (fromAgent: Socket) => this.#relay(fromAgent, mode)
    this.#server = mode === 'pass' ? createServer(handler) : createTlsServer(mode, handler)
    this.#server.on('tlsClientError', () => undefined)
    this.#server.on('connection', (socket: Socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => undefined)
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #relay(fromAgent: Socket, mode: RelayMode): void {
    const to = { host: '127.0.0.1', port: this.#centralPort }
    const toCentral =
      mode === 'pass' ? connect(to) : tlsConnect({ ...to, rejectUnauthorized: false })
    this.#sockets.add(toCentral)
    fromAgent.on('data', (bytes) => {
      this.heard += bytes.toString('latin1')
    })
    fromAgent.pipe(toCentral).pipe(fromAgent)
    const end = () => {
      fromAgent.destroy()
      toCentral.destroy()
      this.#sockets.delete(toCentral)
    }
    for (const socket of [fromAgent, toCentral]) {
      socket.on('error', end)
      socket.on('close', end)
    }
  }
}

export async function aRelay(centralPort: number, mode: RelayMode): Promise<Relay> {
  const relay = new Relay(centralPort)
  await relay.listen(mode)
  onTestFinished(() => relay.close())
  return relay
}
