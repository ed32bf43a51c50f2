/** From the search to the order, and back again, without a mouse. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { snapshotOf } from '../support/carrier-snapshot.ts'
import { ConsoleFleet, PASSWORD } from './support/console-fleet.ts'
import { tabTo } from './support/tab-to.ts'
import { hasChromium, launchBrowser, watchedPage } from './support/watched-page.ts'

const content = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://dl.vendor.example/setup.exe\r\n'

describe.skipIf(!hasChromium)('the console without a mouse', () => {
  const fleet = new ConsoleFleet()
  const faults: string[] = []
  let browser: Browser
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    await fleet.start(
      ['setup-a.exe', 'setup-b.exe'].map((path) => ({ path, stream: 'Zone.Identifier', content })),
    )
    browser = await launchBrowser()
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const { request } = context
    const data = { username: 'admin', password: PASSWORD }
    await request.post(`${fleet.central.url}/api/v1/session`, { data })
    await vi.waitFor(
      async () => {
        const answer = await request.get(`${fleet.central.url}/api/v1/streams`)
        expect(await answer.json()).toMatchObject({
          total: 2,
          streams: [{ isStrippable: true }, {}],
        })
      },
      { timeout: 30_000, interval: 100 },
    )
    page = await watchedPage(context, fleet.central.url, faults)
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await fleet.stop()
  })

  async function confirm(reason: string, button: RegExp): Promise<void> {
    const dialog = page.getByRole('dialog')
    await tabTo(dialog.getByLabel(/^Reason/))
    await page.keyboard.type(reason)
    await tabTo(dialog.getByLabel(/type how many/))
    await page.keyboard.type('1')
    await tabTo(dialog.getByRole('button', { name: button }))
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/orders\//)
  }

  it('searches, strips what it chose, and undoes that', async () => {
    const file = fleet.path('setup-b.exe')
    const before = snapshotOf(file)
    const rows = page.locator('.grid-body [role=row]')
    await page.goto(`${fleet.central.url}/`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('/')
    await page.waitForURL(/\/streams/)
    await page.locator('#query:focus').waitFor()
    await page.keyboard.type('name:setup-b.exe')
    await page.keyboard.press('Enter')
    await expect.poll(() => rows.count()).toBe(1)
    await tabTo(page.getByRole('grid'))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await page.keyboard.press('Shift+Tab')
    const strip = page.getByRole('button', { name: /^Strip 1 stream/ })
    await strip.waitFor()
    expect(await strip.and(page.locator(':focus')).count()).toBe(1)
    await page.keyboard.press('Enter')
    await confirm('our own installer', /^Strip 1 stream on 1 machine/)
    await rows.filter({ hasText: 'Done' }).waitFor()
    expect(snapshotOf(file)).not.toEqual(before)

    await tabTo(page.getByRole('button', { name: /^Undo/ }))
    await page.keyboard.press('Enter')
    await confirm('it was wanted after all', /^Put back 1 stream/)
    await page.getByRole('heading', { name: /^Restore 1 stream/ }).waitFor()
    await rows.filter({ hasText: 'Done' }).waitFor()
    expect(snapshotOf(file)).toEqual(before)
    expect(faults).toEqual([])
  }, 120_000)
})
