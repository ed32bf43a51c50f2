/** How old what a console shows of an order is: it asks again whenever central says that the order has changed. */
import { WebSocket } from 'ws'
import type { CentralClient } from '../../lib/central-client.ts'
import type { Answered } from './answering-agents.ts'

export interface ProgressWatch {
  /** Returns how many times the order was asked for. */
  stop(): number
  /** At the worst, how many milliseconds before agents had said more than was shown. */
  oldest(answered: Answered): number
}

export function watchProgress(client: CentralClient, orderId: string): ProgressWatch {
  const seen: { atMs: number; receipts: number }[] = []
  const socket = new WebSocket(`${client.url.replace('http', 'ws')}/api/v1/events`, {
    headers: { cookie: client.cookie },
  })
  let isAsking = false
  let isAgain = false
  const look = async (): Promise<void> => {
    isAgain = isAsking
    if (isAsking) return
    isAsking = true
    const { counts } = await client.order(orderId)
    seen.push({ atMs: Date.now(), receipts: counts.done ?? 0 })
    isAsking = false
    if (isAgain) await look()
  }
  socket.on('message', (data: Buffer) => {
    const event = JSON.parse(data.toString()) as { type: string; orderId?: string }
    if (event.type === 'order.changed' && event.orderId === orderId) void look()
  })
  return {
    stop: () => {
      socket.close()
      return seen.length
    },
    oldest: (answered) =>
      seen.slice(1).reduce((oldest, { atMs }, index) => {
        // What was shown until now, and since when there was more.
        const { receipts } = seen[index]!
        const more = answered.find(([, targets]) => targets > receipts)
        return more === undefined ? oldest : Math.max(oldest, atMs - more[0])
      }, 0),
  }
}
