/** Receivers of events as other people run them: real HTTP, TCP and UDP on this machine. */
import { createSocket } from 'node:dgram'
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export interface Received {
  headers: IncomingHttpHeaders
  body: string
}

/** `status` may be changed while it runs. */
export async function aWebhookReceiver(port = 0) {
  const received: Received[] = []
  const receiver = { received, status: 200, url: '', port: 0, stop: async () => {} }
  const server = createHttpServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) })
    response.writeHead(receiver.status, { location: 'http://127.0.0.1:9/' }).end()
  })
  receiver.port = await listen(server, port)
  receiver.url = `http://127.0.0.1:${receiver.port}/hook`
  receiver.stop = stopping(server, () => server.closeAllConnections())
  onTestFinished(receiver.stop)
  return receiver
}

/** Splits what comes by its octet counts, as RFC 6587 says. `closesFirst`: so many connections it ends unread. */
export async function aSyslogTcpReceiver({ closesFirst = 0 } = {}) {
  const messages: string[] = []
  let connections = 0
  const server = createTcpServer((socket) => {
    connections += 1
    if (connections <= closesFirst) {
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      while (true) {
        const count = /^(\d+) /.exec(bytes.subarray(0, 12).toString('latin1'))
        if (count === null) return
        const start = count[0].length
        const end = start + Number(count[1])
        if (bytes.length < end) return
        messages.push(bytes.subarray(start, end).toString('utf8'))
        bytes = bytes.subarray(end)
      }
    })
    socket.on('error', () => {})
  })
  const port = await listen(server, 0)
  onTestFinished(stopping(server))
  return { messages, port }
}

export async function aSyslogUdpReceiver() {
  const messages: string[] = []
  const socket = createSocket('udp4', (message) => messages.push(message.toString('utf8')))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => void socket.close(resolve)))
  return { messages, port: socket.address().port }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function stopping(server: Server, before: () => void = () => {}): () => Promise<void> {
  let stopped: Promise<void> | null = null
  return () => {
    before()
    stopped ??= new Promise((resolve) => void server.close(() => resolve()))
    return stopped
  }
}
