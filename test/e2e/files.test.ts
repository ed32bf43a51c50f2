/** "Where is this file?" and the query bar's suggestions, in a real browser over two real agents. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConsoleFleet, PASSWORD } from './support/console-fleet.ts'
import { hasChromium, launchBrowser, watchedPage } from './support/watched-page.ts'

const MARK = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://dl.vendor.example/setup.exe\r\n'
const marked = { path: 'setup.exe', stream: 'Zone.Identifier', content: MARK }

/** A busy machine takes its time. */
const SOON = { timeout: 20_000 }

describe.skipIf(!hasChromium)('the console, asked about one file', () => {
  const fleet = new ConsoleFleet()
  const faults: string[] = []
  let browser: Browser
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    await fleet.start([marked])
    await fleet.addMachine('pc-unmarked', [{ ...marked, path: 'other.exe', stream: 'note' }])
    writeFileSync(join(fleet.folder, 'machine-0', 'setup.exe'), 'without a mark')
    browser = await launchBrowser()
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    await signedIn()
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

  const go = (path: string) => page.goto(`${fleet.central.url}${path}`)
  const rows = () => page.locator('.grid-body [role=row]')

  async function signedIn(): Promise<void> {
    const { request } = context
    const data = { username: 'admin', password: PASSWORD }
    await request.post(`${fleet.central.url}/api/v1/session`, { data })
    await vi.waitFor(
      async () => {
        const answer = await request.get(`${fleet.central.url}/api/v1/streams/facets`)
        expect(await answer.json()).toMatchObject({ total: 2 })
      },
      { timeout: 30_000, interval: 100 },
    )
  }

  it('calls a machine without a known mark unknown, and says what Windows does where there is one', async () => {
    await go('/files?name=setup.exe')
    await expect.poll(() => rows().count(), SOON).toBe(2)
    const other = rows().filter({ hasText: 'pc-unmarked' })
    expect(await other.textContent()).toContain('Unknown')
    expect(await rows().filter({ hasText: 'dl.vendor.example' }).textContent()).toContain('Marked')
    const explanation = page.locator('.explain')
    await explanation.getByText('Security Warning').waitFor()
    expect(await explanation.textContent()).toContain('Not certain from here')
  })

  it('asks the machines, which tell unmarked from absent, and keeps the question in the address', async () => {
    const folder = join(fleet.folder, 'machine-0')
    await go('/files')
    await page.getByLabel('File name, or whole path').fill('setup.exe')
    await page.getByLabel('Ask machines now').check()
    await page.getByLabel('Also look in folder').fill(folder)
    await page.keyboard.press('Enter')
    const other = rows().filter({ hasText: 'pc-unmarked' })
    await other.filter({ hasText: /Unmarked/ }).waitFor()
    const { searchParams } = new URL(page.url())
    expect(Object.fromEntries(searchParams)).toEqual({ name: 'setup.exe', folder, live: 'true' })
    await fleet.others.get('pc-unmarked')?.close()
    await page.reload()
    await other.filter({ hasText: 'offline' }).waitFor()
    expect(await other.first().textContent()).toContain('Unknown')
  })

  it('is reached from the header, a stream and the table, and leads to a comparison of machines', async () => {
    await go('/streams?q=zone%3A3')
    await rows().first().getByRole('link', { name: 'where?' }).click()
    await page.waitForURL(/\/files\?name=setup\.exe/)
    await page.getByLabel('Find a file').fill('other.exe')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/files\?name=other\.exe/)
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.waitForURL(/\/compare\?a=/)
    await rows().filter({ hasText: 'only on the' }).first().waitFor()
    expect(await page.locator('main').textContent()).toContain(
      '1 only on the first1 only on the second',
    )
  })

  it('keeps the chosen columns, and a search by its name', async () => {
    await go('/streams?q=zone%3A3')
    const zone = page.getByRole('columnheader', { name: 'Zone' })
    await zone.waitFor()
    await page.getByText('Columns', { exact: true }).click()
    await page.getByLabel('Zone', { exact: true }).uncheck()
    await expect.poll(() => zone.count(), SOON).toBe(0)
    await page.reload()
    await rows().first().waitFor()
    expect(await zone.count()).toBe(0)
    await page.getByText('Views', { exact: true }).click()
    await page.getByRole('button', { name: 'Save this search…' }).click()
    await page.getByLabel('Name', { exact: true }).fill('from the Internet')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect.poll(() => page.locator('dialog').count(), SOON).toBe(0)
    await go('/streams')
    await page.getByText('Views', { exact: true }).click()
    await page.getByRole('link', { name: 'from the Internet' }).click()
    await page.waitForURL(/q=zone%3A3/)
  })

  it('suggests fields and values, by keyboard alone, and never chooses by itself', async () => {
    await go('/streams')
    await rows().first().waitFor()
    const query = page.getByRole('combobox', { name: 'Query' })
    await query.focus()
    await page.keyboard.type('ho')
    await page.getByRole('option', { name: /^host:/ }).waitFor()
    expect(await query.getAttribute('aria-expanded')).toBe('true')
    await page.keyboard.press('ArrowDown')
    const active = await query.getAttribute('aria-activedescendant')
    expect(await page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('Enter')
    await page.getByRole('option', { name: /dl\.vendor\.example/ }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await query.inputValue()).toBe('host:dl.vendor.example ')
    await expect.poll(() => rows().count(), SOON).toBe(1)
    await page.keyboard.type('na')
    await page.getByRole('option', { name: /^name:/ }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('option').count(), SOON).toBe(0)
    await page.keyboard.press('Enter')
    expect(await query.inputValue()).toBe('host:dl.vendor.example na')
  })
})
