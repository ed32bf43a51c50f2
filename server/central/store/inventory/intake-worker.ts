/**
 * The worker thread before the writer's: opens and checks deltas, and makes them ready, while the writer writes those
 * before. All jobs pass through it, so that they keep their order. It starts the writer, and ends with it.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { describeError } from '../worker-client.ts'
import { decodeDelta } from './decode-delta.ts'
import { buffersOf } from './prepared-delta.ts'
import { YOUNG_GENERATION_MB } from './worker-memory.ts'
import { prepareJobs } from './writer.ts'
import type { IntakeRequest, WriterMessage, WriterRequest } from './writer-messages.ts'
import type { WriterData } from './writer-worker.ts'

const port = parentPort!
const { file, answers } = workerData as WriterData
const prepare = prepareJobs()
const writer = new Worker(new URL('./writer-worker.ts', import.meta.url), {
  workerData: { file, answers } satisfies WriterData,
  transferList: [answers],
  resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
})
// Without a writer there is nothing to do here: what it failed with ends this thread too.
writer.on('error', (error) => {
  throw error
})
writer.on('exit', (code) => process.exit(code))

/** Streams that are handed on together: the writer does not wait for more while there is so much to write. */
const HANDED_ON_AT = 500

port.on('message', (requests: IntakeRequest[]) => {
  let prepared: WriterRequest[] = []
  let buffers: ArrayBuffer[] = []
  let streams = 0
  const handOn = (): void => {
    if (prepared.length > 0) writer.postMessage(prepared, buffers)
    prepared = []
    buffers = []
    streams = 0
  }
  for (const { id, job } of requests) {
    try {
      const next = toPrepared(job)
      prepared.push({ id, job: next } as WriterRequest)
      if (next.kind !== 'apply') continue
      buffers.push(...buffersOf(next.delta))
      streams += next.delta.upserts.items.length
      if (streams >= HANDED_ON_AT) handOn()
    } catch (error) {
      const answer = { id, error: describeError(error) }
      port.postMessage({ kind: 'answers', answers: [answer] } satisfies WriterMessage)
    }
  }
  handOn()
})

function toPrepared(job: IntakeRequest['job']): WriterRequest['job'] {
  if (job.kind === 'close') return job
  if (job.kind !== 'applyFrame') return prepare(job)
  const { machineId, frame, now } = job
  return prepare({ kind: 'apply', machineId, delta: decodeDelta(frame), now })
}
