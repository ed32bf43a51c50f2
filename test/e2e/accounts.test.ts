/** Users, roles and tokens in the console, as an administrator and as somebody with less. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConsoleFleet, PASSWORD } from './support/console-fleet.ts'
import { hasChromium, launchBrowser } from './support/watched-page.ts'

const VIEWERS_PASSWORD = 'only here to have a look'

describe.skipIf(!hasChromium)('accounts in the console', () => {
  const fleet = new ConsoleFleet()
  let browser: Browser

  beforeAll(async () => {
    const content = '[ZoneTransfer]\r\nZoneId=3\r\n'
    await fleet.start([{ path: 'setup.exe', stream: 'Zone.Identifier', content }])
    browser = await launchBrowser()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await fleet.stop()
  })

  async function signIn(username: string, password: string): Promise<[Page, BrowserContext]> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    await page.goto(`${fleet.central.url}/sign-in`)
    await page.getByLabel('User name').fill(username)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    return [page, context]
  }

  const pagesOf = (page: Page): Promise<string[]> =>
    page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents()

  it('an administrator adds a viewer, who sees the inventory and nothing that changes it', async () => {
    const [admin, adminContext] = await signIn('admin', PASSWORD)
    expect(await pagesOf(admin)).toContain('Users')
    await admin.getByRole('link', { name: 'Users' }).click()
    await admin.getByRole('button', { name: 'Add user…' }).click()
    await admin.getByLabel('Name', { exact: true }).fill('vera')
    await admin.getByLabel('First password').fill(VIEWERS_PASSWORD)
    await admin.getByRole('button', { name: 'Add user', exact: true }).click()
    await admin.getByRole('cell', { name: 'vera', exact: true }).waitFor()
    await adminContext.close()

    const [viewer, context] = await signIn('vera', VIEWERS_PASSWORD)
    expect(await pagesOf(viewer)).toEqual([
      'Overview',
      'Streams',
      'Files',
      'Machines',
      'Orders',
      'Rules',
    ])
    await viewer.getByRole('link', { name: 'Streams', exact: true }).click()
    const row = viewer.locator('.grid-body [role=row]').first()
    await row.waitFor()
    await row.getByRole('checkbox').click()
    await viewer.getByText('1 chosen').waitFor()
    expect(await viewer.getByRole('button', { name: /^Strip/ }).count()).toBe(0)
    await context.close()
  })

  it('somebody bound to a label sees the machines with it only, and is told so', async () => {
    const lab = await fleet.addMachine('LAB-1', [
      { path: 'lab.exe', stream: 'Zone.Identifier', content: '[ZoneTransfer]\r\nZoneId=3\r\n' },
    ])
    await fleet.put(`/api/v1/machines/${lab.status().machineId}/labels`, { labels: ['Lab-PCs'] })
    const [admin, adminContext] = await signIn('admin', PASSWORD)
    await admin.getByRole('link', { name: 'Users' }).click()
    await admin.getByRole('button', { name: 'Add user…' }).click()
    await admin.getByLabel('Name', { exact: true }).fill('lara')
    await admin.getByLabel('Only machines with certain labels').check()
    await admin.getByLabel('Labels, with blanks between them').fill('Lab-PCs')
    await admin.getByLabel('First password').fill(VIEWERS_PASSWORD)
    await admin.getByRole('button', { name: 'Add user', exact: true }).click()
    await admin.getByRole('cell', { name: 'Lab-PCs only', exact: true }).waitFor()
    await adminContext.close()

    const [page, context] = await signIn('lara', VIEWERS_PASSWORD)
    await page.getByRole('banner').getByText('Lab-PCs only').waitFor()
    expect(await pagesOf(page)).not.toContain('Rules')
    await page.getByRole('link', { name: 'Streams', exact: true }).click()
    await page.getByText('lab.exe').first().waitFor()
    expect(await page.locator('.grid-body [role=row]').count()).toBe(1)
    await page.getByRole('link', { name: 'Machines', exact: true }).click()
    await page.getByRole('link', { name: 'LAB-1' }).first().waitFor()
    expect(await page.locator('.grid-body [role=row]').count()).toBe(1)
    await page.goto(`${fleet.central.url}/machines/${fleet.agent.status().machineId}`)
    await page.getByRole('heading', { name: 'No such machine' }).waitFor()
    await context.close()
  })

  it('an account page makes a token that works, shows its secret once, and ends it', async () => {
    const [page, context] = await signIn('admin', PASSWORD)
    await page.getByRole('link', { name: 'admin' }).click()
    await page.getByRole('button', { name: 'New token…' }).click()
    await page.getByLabel('Name', { exact: true }).fill('nightly export')
    await page.getByRole('button', { name: 'Make token' }).click()
    const secret = await page.locator('.command code').first().textContent()
    expect(secret).toMatch(/^sst_/)
    const ask = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${secret}` }
      return (await fetch(`${fleet.central.url}/api/v1/streams`, { headers })).status
    }
    expect(await ask()).toBe(200)
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('cell', { name: 'nightly export', exact: true }).waitFor()
    expect(await page.getByText(secret!).count()).toBe(0)
    await page.getByRole('button', { name: 'End nightly export' }).click()
    await page.getByText('There is no token.').waitFor()
    expect(await ask()).toBe(401)
    await context.close()
  })

  it('a wrong current password is said where it was typed', async () => {
    const [page, context] = await signIn('admin', PASSWORD)
    await page.getByRole('link', { name: 'admin' }).click()
    await page.getByLabel('Current password').fill('wrong')
    await page.getByLabel(/^New password/).fill('another long password')
    await page.getByRole('button', { name: /^Change password/ }).click()
    await page.getByText('The current password is wrong').waitFor()
    await context.close()
  })
})
