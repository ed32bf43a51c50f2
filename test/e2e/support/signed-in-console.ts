/** A fleet, a browser, and for each test a page of a signed-in administrator in which nothing may go wrong. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { ConsoleFleet, PASSWORD } from './console-fleet.ts'
import { launchBrowser, watchedPage } from './watched-page.ts'

export interface SignedInConsole {
  readonly fleet: ConsoleFleet
  readonly browser: Browser
  readonly context: BrowserContext
  /** This test's own. */
  readonly page: Page
  /** What went wrong in a page: sentences; whatever is left after a test fails it. */
  readonly faults: string[]
  go(path: string): Promise<unknown>
  /** Rows of the page's table. */
  rows(): ReturnType<Page['locator']>
}

/** Call it in a `describe`. `fill` starts the fleet; the tests wait until `streams` streams are at central. */
export function signedInConsole(
  fill: (fleet: ConsoleFleet) => Promise<void>,
  streams: number,
): SignedInConsole {
  const fleet = new ConsoleFleet()
  const faults: string[] = []
  let browser: Browser
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    await fill(fleet)
    browser = await launchBrowser()
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    await signIn(context, fleet.central.url, streams)
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await fleet.stop()
  })

  beforeEach(async () => {
    faults.length = 0
    page = await watchedPage(context, fleet.central.url, faults)
  })

  afterEach(async () => {
    await page.close()
    expect(faults).toEqual([])
  })

  return {
    fleet,
    faults,
    get browser() {
      return browser
    },
    get context() {
      return context
    },
    get page() {
      return page
    },
    go: (path) => page.goto(`${fleet.central.url}${path}`),
    rows: () => page.locator('.grid-body [role=row]'),
  }
}

async function signIn({ request }: BrowserContext, url: string, streams: number): Promise<void> {
  const data = { username: 'admin', password: PASSWORD }
  await request.post(`${url}/api/v1/session`, { data })
  await vi.waitFor(
    async () => {
      const answer = await request.get(`${url}/api/v1/streams/facets`)
      expect(await answer.json()).toMatchObject({ total: streams })
    },
    { timeout: 30_000, interval: 100 },
  )
}
