/** Every page, dark and light, before axe: no serious or critical finding of WCAG 2.2 AA. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ConsoleFleet, PASSWORD } from './support/console-fleet.ts'
import { hasChromium, launchBrowser } from './support/watched-page.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
  impact: string
  id: string
  nodes: { target: string[]; failureSummary: string }[]
}

interface FoundStream {
  streamId: number
  machineId: string
}

describe.skipIf(!hasChromium)('every page of the console', () => {
  const fleet = new ConsoleFleet()
  let browser: Browser
  let pages: string[]

  beforeAll(async () => {
    const content = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://dl.vendor.example/setup.exe\r\n'
    await fleet.start([
      { path: 'setup.exe', stream: 'Zone.Identifier', content },
      { path: 'invoice.pdf', stream: 'update.exe', content: 'MZ hidden' },
    ])
    browser = await launchBrowser()
    const stream = await firstStream()
    const { previewId } = await fleet.post('/api/v1/orders/previews?waitMs=20000', {
      action: 'strip',
      selection: { streamIds: [stream.streamId] },
    })
    const { orderId } = await fleet.post('/api/v1/orders', {
      previewId,
      confirmCount: 1,
      reason: 'to have an order to look at',
    })
    pages = [
      '/',
      '/streams',
      `/streams/${stream.streamId}`,
      '/machines',
      '/orders',
      '/audit',
      '/users',
      '/account',
    ]
    const { questionId } = await fleet.post('/api/v1/live-queries', {
      query: 'verdict:suspicious',
      machines: { isAll: true },
    })
    pages.push(`/machines/${stream.machineId}`, `/orders/${orderId}`)
    pages.push('/live', `/live/${questionId}`, '/files', '/files?name=setup.exe')
    pages.push('/rules', '/settings', '/?days=7', `/audit?about=${stream.machineId}`)
    pages.push(`/compare?a=${stream.machineId}&b=`)
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await fleet.stop()
  })

  async function firstStream(): Promise<FoundStream> {
    const { request } = await signedIn('dark')
    return vi.waitFor(
      async () => {
        const answer = await request.get(`${fleet.central.url}/api/v1/streams?q=zone:3`)
        const { streams } = (await answer.json()) as { streams: FoundStream[] }
        expect(streams).toHaveLength(1)
        return streams[0]!
      },
      { timeout: 30_000, interval: 100 },
    )
  }

  /** axe is put into the page, which the console's own policy rightly forbids. */
  async function signedIn(colorScheme: 'dark' | 'light'): Promise<BrowserContext> {
    const context = await browser.newContext({ colorScheme, bypassCSP: true })
    const data = { username: 'admin', password: PASSWORD }
    await context.request.post(`${fleet.central.url}/api/v1/session`, { data })
    return context
  }

  async function findingsOn(context: BrowserContext, path: string): Promise<string[]> {
    const page = await context.newPage()
    await page.goto(`${fleet.central.url}${path}`)
    await page.locator('main').waitFor()
    await page.waitForLoadState('networkidle')
    await page.evaluate(AXE)
    const { violations } = (await page.evaluate('axe.run()')) as { violations: Finding[] }
    await page.close()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${path}: ${id} at ${nodes.map((node) => node.target).join(', ')}`)
  }

  it.each(['dark', 'light'] as const)(
    'has no serious finding in %s',
    async (colorScheme) => {
      const context = await signedIn(colorScheme)
      const findings: string[] = []
      for (const path of pages) findings.push(...(await findingsOn(context, path)))
      const stranger = await browser.newContext({ colorScheme, bypassCSP: true })
      findings.push(...(await findingsOn(stranger, '/sign-in')))
      await context.close()
      await stranger.close()
      expect(findings).toEqual([])
    },
    240_000,
  )
})
