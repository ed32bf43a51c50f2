/** Brings events to a receiver. Each call resolves when the receiver has taken all of them, and rejects else. */
import { createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { AbortError } from 'p-retry'
import type { SyslogSettings, WebhookSettings } from '../../protocol/api/sinks.ts'
import type { StoredDelivery } from '../store/sink-store.ts'
import { formatSyslog, withOctetCount } from './syslog-format.ts'

const ANSWER_MS = 10_000
/** Longer than a reset takes to come back from the other side of the world. */
const SETTLE_MS = 400

export async function sendWebhook(
  { url, secret }: WebhookSettings,
  { deliveryNo, event }: StoredDelivery,
  now: number,
): Promise<void> {
  const body = JSON.stringify(event)
  const timestamp = String(Math.floor(now / 1_000))
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'sidestream',
    'x-sidestream-delivery': String(deliveryNo),
    'x-sidestream-timestamp': timestamp,
  }
  if (secret !== undefined) {
    const hmac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
    headers['x-sidestream-signature'] = `sha256=${hmac}`
  }
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    // The secret and the event go to the receiver that was named and to nobody it points at.
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  await response.body?.cancel()
  if (response.ok) return
  const message = `the receiver answered ${response.status}`
  const mayPass = response.status >= 500 || response.status === 408 || response.status === 429
  // Asked again at once it would say the same; later somebody may have mended it.
  throw mayPass ? new Error(message) : new AbortError(message)
}

export function sendSyslog(
  settings: SyslogSettings,
  deliveries: readonly StoredDelivery[],
): Promise<void> {
  const messages = deliveries.map(({ event }) => formatSyslog(event, settings.facility))
  return settings.transport === 'tcp' ? sendTcp(settings, messages) : sendUdp(settings, messages)
}

/**
 * Syslog has no acknowledgement. Taken is what was written to a receiver that then kept the connection for a while, and
 * closed it in peace when we had: one that is about to end closes first, and its system throws away what comes later.
 */
function sendTcp({ host, port }: SyslogSettings, messages: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOurEnd = false
    let settled: NodeJS.Timeout | undefined
    const socket = connect({ host, port, timeout: ANSWER_MS })
    const closedEarly = () => new Error('the receiver closed the connection before it had all')
    socket.on('timeout', () => socket.destroy(new Error('the receiver does not answer')))
    socket.on('end', () => {
      if (!isOurEnd) socket.destroy(closedEarly())
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(settled)
      if (isOurEnd) resolve()
      else reject(closedEarly())
    })
    socket.on('connect', () => {
      socket.write(Buffer.concat(messages.map(withOctetCount)), () => {
        settled = setTimeout(() => {
          isOurEnd = true
          socket.end()
        }, SETTLE_MS)
      })
    })
    // Nothing comes back, but the end of the connection is seen only where it is read.
    socket.resume()
  })
}

async function sendUdp({ host, port }: SyslogSettings, messages: readonly string[]): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    for (const message of messages) {
      await new Promise<void>((resolve, reject) => {
        socket.send(Buffer.from(message, 'utf8'), port, host, (error) =>
          error ? reject(error) : resolve(),
        )
      })
    }
  } finally {
    socket.close()
  }
}
