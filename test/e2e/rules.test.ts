/** Rules in the console: drafted by one person, reported, and let act by another; seen on the disk. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readXattrs } from '../support/xattrs.ts'
import { ConsoleFleet, PASSWORD } from './support/console-fleet.ts'
import { hasChromium, launchBrowser, watchedPage } from './support/watched-page.ts'

const CONTENT = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://deploy.example.com/setup.exe\r\n'
const MARK = 'user.DosStream.Zone.Identifier:$DATA'
const OTHERS_PASSWORD = 'somebody else looks at it'

describe.skipIf(!hasChromium)('rules in the console', () => {
  const fleet = new ConsoleFleet()
  const faults: string[] = []
  let browser: Browser

  beforeAll(async () => {
    const files = ['setup.exe', 'other.txt'].map((path) => ({
      path,
      stream: 'Zone.Identifier',
      content: CONTENT,
    }))
    await fleet.start(files)
    const user = { username: 'oscar', password: OTHERS_PASSWORD, role: 'operator' }
    await fleet.post('/api/v1/users', user)
    browser = await launchBrowser()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await fleet.stop()
  })

  async function signIn(username: string, password: string): Promise<[Page, BrowserContext]> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await watchedPage(context, fleet.central.url, faults)
    await page.goto(`${fleet.central.url}/sign-in?next=/rules`)
    await page.getByLabel('User name').fill(username)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Rules', exact: true }).waitFor()
    return [page, context]
  }
  const hasMark = (path: string): boolean => MARK in readXattrs(fleet.path(path))

  it('one person drafts a rule from an example and lets it report, which changes nothing', async () => {
    const [page, context] = await signIn('oscar', OTHERS_PASSWORD)
    await page.getByRole('button', { name: 'New rule…' }).click()
    await page.getByLabel('Begin with').selectOption({ label: 'Installers of our deploy server' })
    await page.getByRole('button', { name: 'Make rule' }).click()
    await page.getByText('It has not reported yet').waitFor()
    await page.getByRole('button', { name: 'Report now' }).click()
    await page.getByText('would act on 1 stream on 1 machine').waitFor()
    await page.getByRole('cell', { name: 'setup.exe' }).waitFor()
    expect(await page.getByRole('button', { name: 'Let it act…' }).count()).toBe(0)
    expect(hasMark('setup.exe')).toBe(true)
    await context.close()
  })

  it('another lets it act, by its count; its order takes off what its report named', async () => {
    const [page, context] = await signIn('admin', PASSWORD)
    await page.getByRole('link', { name: 'Installers of our deploy server' }).click()
    await page.getByRole('button', { name: 'Let it act…' }).click()
    const send = page.getByRole('button', { name: 'Let it strip by itself' })
    await page.getByLabel(/^Reason/).fill('looked at the report')
    await page.getByLabel(/^To confirm/).fill('2')
    expect(await send.isDisabled()).toBe(true)
    await page.getByLabel(/^To confirm/).fill('1')
    await send.click()
    await page.getByRole('heading', { level: 1 }).getByText('acts').waitFor()
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByRole('link', { name: 'See its order.' }).click()
    await page.getByText('rule:1', { exact: true }).waitFor()
    await page.getByRole('heading', { level: 1 }).getByText('finished').waitFor()
    expect([hasMark('setup.exe'), hasMark('other.txt')]).toEqual([false, true])
    await context.close()
    expect(faults).toEqual([])
  })
})
