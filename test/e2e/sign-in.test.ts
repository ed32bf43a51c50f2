/** Ways of signing in besides a password, in a real browser, which decides which cookies go where. */
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenIdProviderProcess, startOpenIdProvider } from '../support/openid-provider.ts'
import { ConsoleFleet } from './support/console-fleet.ts'
import { hasChromium, launchBrowser } from './support/watched-page.ts'

describe.skipIf(!hasChromium)('signing in with a browser', () => {
  const fleet = new ConsoleFleet()
  let browser: Browser
  let provider: OpenIdProviderProcess

  beforeAll(async () => {
    const content = '[ZoneTransfer]\r\nZoneId=3\r\n'
    await fleet.start([{ path: 'setup.exe', stream: 'Zone.Identifier', content }])
    provider = await startOpenIdProvider(fleet.central.url)
    provider.writeConfig(join(fleet.folder, 'central'))
    await fleet.stopCentral()
    await fleet.restartCentral()
    browser = await launchBrowser()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await provider?.stop()
    await fleet.stop()
  })

  async function signInPage(path = '/sign-in'): Promise<[Page, BrowserContext]> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(`${fleet.central.url}${path}`)
    return [page, context]
  }

  async function throughProvider(page: Page, login: string): Promise<void> {
    await page.getByRole('button', { name: 'Sign in with Example ID' }).click()
    await page.getByPlaceholder('Enter any login').fill(login)
    await page.getByPlaceholder('and password').fill('any')
    await page.getByRole('button', { name: 'Sign-in' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
  }

  it('goes to the provider and back, and out of both again', async () => {
    const [page, context] = await signInPage()
    await throughProvider(page, 'olga:stream-operators')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    await page.getByRole('link', { name: 'olga' }).click()
    await page.getByText('Name and role are those of the OpenID provider.').waitFor()
    expect(await page.getByLabel('Current password').count()).toBe(0)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${provider.issuer}/**`)
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    await page.waitForURL(`${fleet.central.url}/sign-in**`)
    await page.getByLabel('User name').waitFor()
    await context.close()
  })

  it('says what it means that the provider’s word was not enough', async () => {
    const [page, context] = await signInPage()
    await throughProvider(page, 'nora:desk')
    await page.getByText('The sign-in was not accepted.').waitFor()
    await page.goto(`${fleet.central.url}/sign-in?failure=<b>anything</b>`)
    await page.getByRole('button', { name: 'Sign in with Example ID' }).waitFor()
    expect(await page.getByText('anything').count()).toBe(0)
    await context.close()
  })
})
