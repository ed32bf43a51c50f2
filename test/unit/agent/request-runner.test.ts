import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import type { AgentApp } from '../../../server/agent/app.ts'
import { RequestRunner } from '../../../server/agent/link/request-runner.ts'
import type { ResponseFrame } from '../../../server/protocol/link-frames.ts'

/** A route that ends when the test says so, and counts how many are inside. */
function aSlowApp() {
  const gate = Promise.withResolvers<void>()
  const inside = { now: 0, most: 0 }
  const app = fastify()
  app.get('/v1/slow', async () => {
    inside.now++
    inside.most = Math.max(inside.most, inside.now)
    await gate.promise
    inside.now--
    return { name: '\ud800' }
  })
  return { app: app as unknown as AgentApp, open: () => gate.resolve(), inside }
}

describe('requests from central', () => {
  it('run a few at a time, wait in a bounded queue, and are refused beyond it', async () => {
    const { app, open, inside } = aSlowApp()
    const runner = new RequestRunner(app)
    const answers: ResponseFrame[] = []
    const done = Promise.withResolvers<void>()
    for (let i = 0; i < 100; i++) {
      const request = { type: 'request', method: 'GET', path: '/v1/slow', body: null } as const
      runner.run({ ...request, id: String(i) }, (answer) => {
        if (answers.push(answer) === 100) done.resolve()
      })
    }
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 32 }, () => 503))
    expect(answers[0]?.body).toMatchObject({ code: 'AGENT_BUSY' })
    open()
    await done.promise
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(68)
    expect(new Set(answers.map(({ id }) => id)).size).toBe(100)
    expect(answers.at(-1)?.body).toEqual({ name: '\ud800' })
    expect(inside.most).toBeLessThanOrEqual(4)
  })
})
