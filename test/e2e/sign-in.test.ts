/** Ways of signing in besides a password, in a real browser, which decides which cookies go where. */
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
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
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.waitForURL(`${provider.issuer}/**`)
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    await page.waitForURL(`${fleet.central.url}/sign-in**`)
    await page.getByLabel('User name').waitFor()
    await context.close()
  })

  it('asks for a code after the password, once somebody has set that up', async () => {
    const password = 'a password of some length'
    await fleet.post('/api/v1/users', { username: 'vera', password, role: 'viewer' })
    const withPassword = async (page: Page): Promise<void> => {
      await page.getByLabel('User name').fill('vera')
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    }
    const [page, context] = await signInPage()
    await withPassword(page)
    await page.getByRole('link', { name: 'vera' }).click()
    await page.getByRole('button', { name: 'Set up a second factor…' }).click()
    const shown = await page
      .locator('code', { hasText: /^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/ })
      .textContent()
    const totp = new TOTP({ secret: Secret.fromBase32(shown!.replaceAll(' ', '')) })
    await page.getByLabel('The code that the app shows now').fill(totp.generate())
    await page.getByRole('button', { name: 'Confirm' }).click()
    const recoveryCode = await page.locator('.recovery-codes code').first().textContent()
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText('Set up. 10 recovery codes are left.').waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()

    await withPassword(page)
    const code = page.getByLabel('Code of your app, or a recovery code')
    await code.fill('000000')
    await page.getByRole('button', { name: 'Finish signing in' }).click()
    await page.getByText('The code is wrong').waitFor()
    // A page that is loaded again does not take half a sign-in for a whole one.
    await page.reload()
    await withPassword(page)
    await code.fill(recoveryCode!)
    await page.getByRole('button', { name: 'Finish signing in' }).click()
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
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
