/** An order by keyboard alone: previewed by one person, approved by another, undone; seen on the disk. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readXattrs } from '../support/xattrs.ts'
import { ConsoleFleet, PASSWORD } from './support/console-fleet.ts'
import { tabTo } from './support/tab-to.ts'
import { hasChromium, launchBrowser, watchedPage } from './support/watched-page.ts'

const CONTENT = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://deploy.example.com/setup.exe\r\n'
const MARK = 'user.DosStream.Zone.Identifier:$DATA'
const OTHERS_PASSWORD = 'somebody else looks at it'

describe.skipIf(!hasChromium)('orders in the console', () => {
  const fleet = new ConsoleFleet()
  const faults: string[] = []
  let browser: Browser
  let orderPath = ''

  beforeAll(async () => {
    const paths = ['a.exe', 'b.exe', 'other.txt']
    await fleet.start(paths.map((path) => ({ path, stream: 'Zone.Identifier', content: CONTENT })))
    const user = { username: 'oscar', password: OTHERS_PASSWORD, role: 'operator' }
    await fleet.post('/api/v1/users', user)
    await fleet.put('/api/v1/orders/policy', {
      secondPersonAbove: 1,
      secondPersonFor: { actions: [], verdicts: [] },
    })
    browser = await launchBrowser()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await fleet.stop()
  })

  async function signIn(
    username: string,
    password: string,
    next: string,
  ): Promise<[Page, BrowserContext]> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await watchedPage(context, fleet.central.url, faults)
    await page.goto(`${fleet.central.url}/sign-in?next=${next}`)
    await page.getByLabel('User name').fill(username)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    return [page, context]
  }
  const marks = () =>
    ['a.exe', 'b.exe', 'other.txt'].map((path) => MARK in readXattrs(fleet.path(path)))

  it('one person previews by a query, sees exactly what is frozen, and asks for it', async () => {
    const [page, context] = await signIn('oscar', OTHERS_PASSWORD, '/orders')
    await tabTo(page.getByRole('button', { name: 'New order…' }))
    await page.keyboard.press('Enter')
    await page.getByLabel(/^Query/).waitFor()
    await tabTo(page.getByLabel(/^Query/))
    await page.keyboard.type('zone:3 ext:exe')
    await page.keyboard.press('Enter')
    await page.getByText('2 streams').first().waitFor()
    await page.getByText('Somebody else must approve it first').waitFor()
    await page.getByText('Look at exactly what is frozen').click()
    await page.getByText('b.exe').first().waitFor()
    await page.getByLabel(/^Reason/).focus()
    await page.keyboard.type('our own installers')
    await tabTo(page.getByLabel(/^To confirm/))
    await page.keyboard.type('3')
    const ask = page.getByRole('button', { name: 'Ask to strip 2 streams on 1 machine' })
    expect(await ask.isDisabled()).toBe(true)
    await page.keyboard.press('Backspace')
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')
    await page.getByText('Nothing is done until somebody else').waitFor()
    orderPath = new URL(page.url()).pathname
    expect(await page.getByRole('button', { name: 'Approve…' }).count()).toBe(0)
    expect(marks()).toEqual([true, true, true])
    await context.close()
  })

  it('another approves it by its count, looks machine by machine, and undoes it', async () => {
    const [page, context] = await signIn('admin', PASSWORD, orderPath)
    await tabTo(page.getByRole('button', { name: 'Approve…' }))
    await page.keyboard.press('Enter')
    await page.locator('textarea:focus').waitFor()
    await page.keyboard.type('looked at the list')
    await tabTo(page.getByLabel(/^To confirm/))
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1 }).getByText('finished').waitFor()
    expect(marks()).toEqual([false, false, true])
    await page.getByRole('link', { name: /^By machine/ }).click()
    await page.getByRole('grid', { name: 'Machines of this order' }).getByText('online').waitFor()
    await page.getByRole('link', { name: /^Done/ }).click()
    await page.getByText('a.exe').first().waitFor()

    await tabTo(page.getByRole('button', { name: 'Undo: put back 2 streams…' }))
    await page.keyboard.press('Enter')
    await page.locator('textarea:focus').waitFor()
    await page.keyboard.type('it was somebody else’s')
    await tabTo(page.getByLabel(/^To confirm/))
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1 }).getByText('Restore 2 streams').waitFor()
    await page.getByRole('heading', { level: 1 }).getByText('finished').waitFor()
    expect(marks()).toEqual([true, true, true])
    await context.close()
    expect(faults).toEqual([])
  })

  it('a file that lost its mark by an order gets another one, which is undone', async () => {
    const stateDir = join(fleet.folder, 'agent-machine-0')
    mkdirSync(stateDir, { mode: 0o700 })
    const policy = { actions: ['strip', 'restore', 'mark'] }
    writeFileSync(join(stateDir, 'policy.json'), JSON.stringify(policy))
    const file = { path: 'lost.exe', stream: 'Zone.Identifier', content: CONTENT }
    await fleet.addMachine('PC-2', [file])
    const path = join(fleet.folder, 'machine-0', 'lost.exe')
    const markOf = () => readXattrs(path)[MARK]?.toString() ?? null
    const [page, context] = await signIn('admin', PASSWORD, '/orders')
    await fleet.strip([await strippable(page, 'machine:PC-2')], 'stripped by mistake')
    await expect.poll(markOf).toBe(null)

    await page.getByRole('button', { name: 'New order…' }).click()
    await page.getByLabel('Action').selectOption('mark')
    await page.getByLabel('Files that lost their mark by').selectOption({ index: 1 })
    await page.getByLabel(/^Zone/).selectOption({ label: '2: Trusted' })
    const hostUrl = page.getByLabel(/^Host URL/)
    await hostUrl.fill('two words')
    await page.getByRole('button', { name: 'Count and freeze' }).click()
    // Held back here: central would refuse it.
    expect(await page.locator('input:invalid').count()).toBe(1)
    await hostUrl.fill('https://intranet.example.com/a.exe')
    await page.getByRole('button', { name: 'Count and freeze' }).click()
    await page.getByText('HostUrl=https://intranet.example.com/a.exe').waitFor()
    await page.getByText('Agents do not mark unless their own policy.json allows it').waitFor()
    await page.getByText('Look at exactly what is frozen').click()
    await page.getByText('lost.exe').first().waitFor()
    await page.getByLabel(/^Reason/).fill('it is from the intranet')
    const order = page.getByRole('button', { name: 'Mark 1 file on 1 machine' })
    await page.getByLabel(/how many files to mark/).fill('2')
    expect(await order.isDisabled()).toBe(true)
    await page.getByLabel(/how many files to mark/).fill('1')
    await order.click()
    await page.getByRole('heading', { level: 1 }).getByText('Mark 1 file on 1 machine').waitFor()
    await page.getByRole('heading', { level: 1 }).getByText('finished').waitFor()
    expect(markOf()).toContain('ZoneId=2\r\nHostUrl=https://intranet.example.com/a.exe')

    await page.getByRole('button', { name: 'Undo: take off 1 mark…' }).click()
    await page.getByLabel(/^Reason/).fill('it was right before')
    await page.getByLabel(/^To confirm/).fill('1')
    await page.getByRole('button', { name: 'Take off 1 stream' }).click()
    await page.getByRole('heading', { level: 1 }).getByText('Strip 1 stream').waitFor()
    await page.getByRole('heading', { level: 1 }).getByText('finished').waitFor()
    expect(markOf()).toBe(null)
    await context.close()
    expect(faults).toEqual([])
  })

  /** The number of the one stream that a query finds, once it may be ordered. */
  async function strippable(page: Page, query: string): Promise<number> {
    const url = `${fleet.central.url}/api/v1/streams?q=${encodeURIComponent(query)}`
    let found: number | undefined
    await expect
      .poll(async () => {
        const { streams } = await (await page.request.get(url)).json()
        if (streams[0]?.isStrippable) found = streams[0].streamId
        return found
      })
      .toBeDefined()
    return found!
  }
})
