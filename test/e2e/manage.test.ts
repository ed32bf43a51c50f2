/** A machine's own page, and what an administrator sets up, in a real browser over a real central and agent. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConsoleFleet, PASSWORD } from './support/console-fleet.ts'
import { hasChromium, launchBrowser, watchedPage } from './support/watched-page.ts'

const content = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://dl.vendor.example/setup.exe\r\n'

/** A busy machine takes its time. */
const SOON = { timeout: 20_000 }

describe.skipIf(!hasChromium)('the console, where things are managed', () => {
  const fleet = new ConsoleFleet()
  const faults: string[] = []
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let machinePath: string

  beforeAll(async () => {
    await fleet.start([
      { path: 'setup.exe', stream: 'Zone.Identifier', content },
      { path: 'other.exe', stream: 'Zone.Identifier', content },
    ])
    browser = await launchBrowser()
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const { streams } = await signedIn()
    machinePath = `/machines/${streams[0]?.machineId}`
    await fleet.strip([streams[0]!.streamId], 'our own installer')
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

  interface Found {
    total: number
    streams: { streamId: number; machineId: string }[]
  }

  async function signedIn(): Promise<Found> {
    const { request } = context
    const data = { username: 'admin', password: PASSWORD }
    await request.post(`${fleet.central.url}/api/v1/session`, { data })
    return vi.waitFor(
      async () => {
        const answer = await request.get(`${fleet.central.url}/api/v1/streams`)
        const found = (await answer.json()) as Found
        expect(found).toMatchObject({ total: 2 })
        return found
      },
      { timeout: 30_000, interval: 100 },
    )
  }

  it('labels a machine, and shows that in what happened to it', async () => {
    await go(machinePath)
    await page.getByRole('button', { name: 'Edit…' }).click()
    await page.getByLabel('Labels, with blanks between them').fill('reception, lab')
    await page.getByRole('button', { name: 'Save labels' }).click()
    await page.locator('.labels').getByText('reception').waitFor()
    await page.reload()
    const timeline = page.locator('.timeline')
    await timeline.getByText('machine.labelled').waitFor()
    expect(await timeline.textContent()).toContain('machine.enrolled by the machine')
    await page.locator('.labels').getByText('lab').click()
    await page.waitForURL(/q=label%3Alab/)
  })

  it('counts what came and went, each number a search for what is behind it', async () => {
    await go(machinePath)
    const gone = page.getByRole('row', { name: /^gone/ })
    await expect.poll(() => gone.textContent(), SOON).toBe('gone111')
    await gone.getByRole('link').first().click()
    await page.locator('.grid-body [role=row]').first().waitFor()
    expect(new URL(page.url()).searchParams.get('q')).toContain('gone:<1d')
  })

  it('lists what the machine keeps of removed streams', async () => {
    await go(machinePath)
    await page.getByText('Quarantine').click()
    const entry = page.locator('.quarantine tbody tr')
    await entry.waitFor()
    expect(await entry.textContent()).toContain('our own installer')
    expect(await page.locator('.quarantine').textContent()).toContain('1 stream kept')
  })

  it('leads from a machine to a live query of that machine', async () => {
    await go(machinePath)
    await page.getByRole('link', { name: 'Ask it live…' }).click()
    await page.waitForURL(/\/live\?hostname=/)
    expect(await page.getByLabel('Host name').inputValue()).not.toBe('')
  })

  it('adds a sink, keeps a query and counts it', async () => {
    await go('/settings')
    await page.getByRole('button', { name: 'Add sink…' }).click()
    await page.getByLabel('Name').fill('soc')
    await page.getByLabel('URL').fill('http://127.0.0.1:9/hook')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('row', { name: /^soc/ }).waitFor()
    await page.getByRole('button', { name: 'Save a query…' }).click()
    await page.getByLabel('Name').fill('marks')
    await page.getByLabel('Search').fill('zone:3')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    const saved = page.getByRole('row', { name: /^marks/ })
    await saved.getByRole('button', { name: 'Run' }).click()
    await expect.poll(() => saved.textContent(), SOON).toContain('just now1')
  })

  it('draws the fleet over a period that is in the address', async () => {
    await go('/')
    await page.getByRole('link', { name: 'a week' }).click()
    await page.waitForURL(/\?days=7/)
    expect(await page.locator('.trends').textContent()).toContain('Over time')
  })
})
