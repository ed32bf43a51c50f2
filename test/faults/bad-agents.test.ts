/**
 * Agents that flood, dawdle, say nothing or lie: each does itself harm at most. What is measured is how long good
 * agents wait for their acknowledgements beside them.
 */
import { createConnection, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BINARY_KINDS } from '../../server/protocol/link-frames.ts'
import { type Fleet, openFleet } from '../integration/central/fleet.ts'
import { keyOf, stream, streams, type TestAgent } from '../integration/central/test-agent.ts'

const REPORTS = 12

/** Milliseconds from a delta to its acknowledgement, the slowest but one of several. */
async function ackMs(agent: TestAgent): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < REPORTS; n++) {
    const startedMs = performance.now()
    await agent.report(streams(20, { sizeBytes: Math.floor(startedMs) + n }))
    times.push(performance.now() - startedMs)
    await sleep(10)
  }
  return times.sort((a, b) => a - b).at(-2)!
}

/** A WebSocket handshake on a bare socket, for what no WebSocket library would send. */
function rawSocket(fleet: Fleet): Socket {
  const socket = createConnection(fleet.central.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    'GET /agent/v1 HTTP/1.1\r\nHost: central\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Until the test ends. */
function again(everyMs: number, work: () => void): void {
  const timer = setInterval(work, everyMs)
  onTestFinished(() => clearInterval(timer))
}

const BAD: { kind: string; misbehave: (fleet: Fleet, bad: TestAgent) => void | Promise<void> }[] = [
  {
    kind: 'floods with deltas',
    misbehave: (_fleet, bad) => {
      const one = streams(1)
      let sequence = 0
      again(5, () => {
        if (bad.socket.bufferedAmount > 1_000_000) return
        for (let n = 0; n < 50; n++) bad.delta(one, { sequence: ++sequence })
      })
    },
  },
  {
    kind: 'floods with pings and never reads',
    misbehave: (_fleet, bad) => {
      bad.socket.pause()
      again(5, () => {
        if (bad.socket.bufferedAmount > 1_000_000) return
        for (let n = 0; n < 200; n++) bad.socket.ping('x'.repeat(100))
      })
    },
  },
  {
    kind: 'sends a frame byte by byte',
    misbehave: (fleet) => {
      for (let n = 0; n < 20; n++) {
        const socket = rawSocket(fleet)
        // The head of a masked text frame of 60,000 bytes, and then one at a time.
        setTimeout(() => socket.write(Buffer.from([0x81, 0xfe, 0xea, 0x60, 1, 2, 3, 4])), 50)
        again(20, () => void (socket.writable && socket.write('x')))
      }
    },
  },
  {
    kind: 'says nothing at all',
    misbehave: (fleet) => {
      for (let n = 0; n < 50; n++) rawSocket(fleet)
    },
  },
  {
    kind: 'sends what swells to more than a frame may have',
    misbehave: async (fleet, bad) => {
      const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))
      const frame = Buffer.concat([Buffer.of(BINARY_KINDS.delta), bomb])
      for (let n = 0; n < 5; n++) {
        bad.socket.send(frame)
        await bad.closed()
        await bad.connect(fleet.central.url)
      }
    },
  },
]

describe('beside an agent that', () => {
  it.each(BAD)('$kind, others are acknowledged as ever', async ({ misbehave }) => {
    const fleet = await openFleet()
    const [good, bad] = [await fleet.agent('GOOD'), await fleet.agent('BAD')]
    const before = await ackMs(good)
    await misbehave(fleet, bad)
    await sleep(300)
    const beside = await ackMs(good)
    console.log(`alone ${before.toFixed(0)} ms, beside it ${beside.toFixed(0)} ms`)
    expect(beside).toBeLessThan(before * 5 + 250)
    expect(good.closeCode).toBe(null)
  })
})

describe('an agent that lies', () => {
  it('about its sequence is sent away, and what it held stays', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream()])
    agent.delta([], { sequence: 99, gone: [keyOf(stream())] })
    expect(await agent.closed()).toBe(4400)
    expect((await fleet.search('')).total).toBe(1)
  })

  it('about another machine’s streams changes its own only', async () => {
    const fleet = await openFleet()
    const [victim, liar] = [await fleet.agent('VICTIM'), await fleet.agent('LIAR')]
    await victim.report(streams(3))
    const buckets = { count: 1, numbers: [0] }
    await liar.report([], { gone: streams(3).map(keyOf) })
    await liar.report([], { resync: { id: 'r1', isLast: true, buckets } })
    expect((await fleet.search('')).total).toBe(3)
  })
})
