import { describe, expect, it } from 'vitest'
import { CentralDoor } from '../../../server/agent/trust/central-door.ts'
import { environmentProxy } from '../../../server/cli/environment-proxy.ts'

const PROXY = 'http://proxy.example.com:3128'

async function isUsed(centralUrl: string, noProxy: string): Promise<boolean> {
  const proxy = environmentProxy({ HTTPS_PROXY: PROXY, NO_PROXY: noProxy })
  const door = new CentralDoor({ centralUrl, pins: () => [], proxy, answerMs: 1_000 })
  return (await door.options()).agent !== undefined
}

describe('the proxy of the environment', () => {
  it('is none where the environment names none', () => {
    expect(environmentProxy({})).toBeUndefined()
    expect(environmentProxy({ HTTPS_PROXY: '' })).toBeUndefined()
  })

  it.each([
    ['https://central.example.com', '', true],
    ['https://central.example.com', 'example.com', false],
    ['https://central.example.com', '.example.com', false],
    ['https://central.example.com', '*.example.com', false],
    ['https://central.example.com', 'ample.com', true],
    ['https://central.example.com', 'other.com, central.example.com', false],
    ['https://central.example.com', '*', false],
    ['https://192.0.2.7:7333', '192.0.2.7', false],
    ['https://127.0.0.1:7333', '', false],
    ['http://localhost:7333', '', false],
  ])('is for %s with NO_PROXY=%j: %s', async (url, noProxy, expected) => {
    expect(await isUsed(url, noProxy)).toBe(expected)
  })
})
