/** A proxy as a company has one: takes CONNECT and nothing else. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'

export interface ConnectProxy {
  readonly url: string
  /** `host:port` of every CONNECT. */
  readonly asked: string[]
}

/** Leads every name to this machine, which is where the tests' centrals are. */
export async function aConnectProxy(): Promise<ConnectProxy> {
  const asked: string[] = []
  const sockets = new Set<Duplex>()
  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connect', (request, fromAgent: Duplex) => {
    asked.push(request.url ?? '')
    const toCentral = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1')
    for (const socket of [fromAgent, toCentral]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        fromAgent.destroy()
        toCentral.destroy()
      })
    }
    toCentral.once('connect', () => {
      fromAgent.write('HTTP/1.1 200 Connection established\r\n\r\n')
      fromAgent.pipe(toCentral).pipe(fromAgent)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
