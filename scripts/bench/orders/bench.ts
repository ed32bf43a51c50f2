/**
 * An order over a whole fleet: how soon a preview has frozen its targets, how long central keeps others waiting
 * meanwhile and while the order runs, and how old what a console shows of it is.
 *
 * usage: npm run bench -- orders [--targets N] [--machines N]
 *   --targets N     1000000 if not given: about so many, from a fleet that has a few more streams
 *   --machines N    1000 if not given; each is a connection that answers at once
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { OrderPreview } from '../../../server/protocol/api/order-previews.ts'
import type { Order } from '../../../server/protocol/api/orders.ts'
import type { CentralClient } from '../../lib/central-client.ts'
import { waitFor } from '../../lib/wait-for.ts'
import { MeasuredCentral } from '../lib/measured-central.ts'
import { conclude, type Target } from '../lib/report.ts'
import type { Answered, AnsweringFleet } from './answering-agents.ts'
import { fillData } from './fill-data.ts'
import { watchProgress } from './progress-age.ts'

const AGENTS = join(import.meta.dirname, 'answering-agents.ts')
/** Of a machine's streams, what an order leaves out: they hold data. */
const LEFT_OUT = 0.035
const PATIENCE_MS = 30 * 60_000

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      targets: { type: 'string', default: '1000000' },
      machines: { type: 'string', default: '1000' },
    },
  })
  const [wanted, machines] = [Number(values.targets), Number(values.machines)]
  const streams = Math.ceil(wanted / (1 - LEFT_OUT))
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-bench-'))
  const size = { streams, streamsPerMachine: Math.ceil(streams / machines) }
  const fleet = fillData(join(folder, 'central'), size)
  console.log(`${streams} streams on ${fleet.machines.length} machines are there`)
  const central = await MeasuredCentral.start(folder)
  const agents = fork(AGENTS, { stdio: 'inherit' })
  try {
    agents.send({ centralUrl: central.url, machines: fleet.machines } satisfies AnsweringFleet)
    await once(agents, 'message')
    console.log('all are connected')
    const { targets, details } = await measure(central, () => ask(agents))
    return conclude('orders', targets, [], { size, ...details })
  } finally {
    agents.kill()
    await central.stop()
    rmSync(folder, { recursive: true })
  }
}

async function ask(agents: ReturnType<typeof fork>): Promise<Answered> {
  agents.send('answered')
  return (await once(agents, 'message'))[0] as Answered
}

async function measure(central: MeasuredCentral, answered: () => Promise<Answered>) {
  const client = await central.client()
  await client.send('PUT', '/orders/policy', {
    secondPersonAbove: null,
    secondPersonFor: { actions: [], verdicts: [] },
  })
  await central.loopDelay()
  const startedMs = performance.now()
  const preview = await frozen(client)
  const previewSeconds = (performance.now() - startedMs) / 1_000
  const whilePreviewed = await central.loopDelay()
  const { targetCount } = preview
  console.log(`${targetCount} targets frozen in ${previewSeconds.toFixed(2)} s`)

  const beganMs = performance.now()
  const order = await client.send<Order>('POST', '/orders', {
    previewId: preview.previewId,
    confirmCount: targetCount,
    reason: 'to see how long it takes',
  })
  const createSeconds = (performance.now() - beganMs) / 1_000
  const progress = watchProgress(client, order.orderId)
  const finished = await waitFor(
    'every receipt',
    async () => {
      const now = await client.order(order.orderId)
      return now.finishedAt === null ? undefined : now
    },
    PATIENCE_MS,
  )
  const runSeconds = (performance.now() - beganMs) / 1_000
  const whileRunning = await central.loopDelay()
  const seen = progress.stop()
  const ageSeconds = progress.oldest(await answered()) / 1_000
  console.log(`${targetCount} receipts in ${runSeconds.toFixed(0)} s, seen ${seen} times meanwhile`)
  const targets: Target[] = [
    { what: `preview of ${targetCount} targets`, unit: 's', value: previewSeconds, atMost: 5 },
    {
      what: 'p99 of the event loop’s delay while it is counted',
      unit: 'ms',
      value: whilePreviewed.p99Ms,
      atMost: 50,
    },
    {
      what: 'p99 of the event loop’s delay while the order runs',
      unit: 'ms',
      value: whileRunning.p99Ms,
      atMost: 50,
    },
    { what: 'age of the progress that a console sees', unit: 's', value: ageSeconds, atMost: 1 },
    {
      what: 'targets without their receipt at the end',
      unit: 'targets',
      value: targetCount - (finished.counts.done ?? 0),
      atMost: 0,
    },
  ]
  const rssMib = central.rssMib()
  return {
    targets,
    details: { createSeconds, runSeconds, whilePreviewed, whileRunning, rssMib },
  }
}

async function frozen(client: CentralClient): Promise<OrderPreview> {
  const request = { action: 'strip', selection: { query: '' } }
  let preview = await client.send<OrderPreview>('POST', '/orders/previews?waitMs=25000', request)
  while (preview.state === 'counting') {
    const path = `/orders/previews/${preview.previewId}?waitMs=25000`
    preview = await client.send<OrderPreview>('GET', path)
  }
  if (preview.state !== 'ready')
    throw new Error(`the preview is ${preview.state}: ${preview.error}`)
  return preview
}
