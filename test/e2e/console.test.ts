/** The console in a real browser, before a real central, a real agent and real streams. */
import { describe, expect, it } from 'vitest'
import { snapshotOf, withoutXattr } from '../support/carrier-snapshot.ts'
import { type FileWithStream, PASSWORD } from './support/console-fleet.ts'
import { signedInConsole } from './support/signed-in-console.ts'
import { hasChromium, watchedPage } from './support/watched-page.ts'

const MARK =
  '[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://vendor.example/\r\nHostUrl=https://dl.vendor.example/setup.exe\r\n'
const ZONE_XATTR = 'user.DosStream.Zone.Identifier:$DATA'

const marked = (path: string): FileWithStream => ({
  path,
  stream: 'Zone.Identifier',
  content: MARK,
})

const HOSTILE: readonly FileWithStream[] = [
  {
    path: 'hostile/<img src=x onerror=alert(1)>.docx',
    stream: '<svg onload=alert(2)>',
    content: '<script>alert(3)</script><img src=https://evil.example/pixel.png>',
  },
  marked('hostile/invoice\u202egpj.exe'),
  marked(`hostile/${'long name '.repeat(24)}.exe`),
  {
    path: 'hostile/link.txt',
    stream: 'Zone.Identifier',
    content: '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=javascript:alert(4)\r\n',
  },
  {
    path: 'hostile/a"b\'c&amp;.txt',
    stream: 'x" onmouseover="alert(5)',
    content: '\u001b]0;x\u0007',
  },
]

describe.skipIf(!hasChromium)('the console', () => {
  const bulk = Array.from({ length: 260 }, (_, i) => marked(`bulk/file-${1000 + i}.exe`))
  const vendor = ['a', 'b', 'c'].map((name) => marked(`vendor/setup-${name}.exe`))
  const at = signedInConsole((fleet) => fleet.start([...bulk, ...vendor, ...HOSTILE]), 268)
  const { fleet, faults, go, rows } = at

  const search = (query: string) => go(`/streams?q=${encodeURIComponent(query)}`)

  it('refuses a wrong password with one clear error, then goes where one wanted to', async () => {
    const stranger = await at.browser.newContext()
    const own = await watchedPage(stranger, fleet.central.url, faults)
    await own.goto(`${fleet.central.url}/streams?q=ext%3Aexe`)
    await own.getByLabel('User name').fill('admin')
    await own.getByLabel('Password').fill('not the password')
    await own.keyboard.press('Enter')
    await own.getByRole('alert').waitFor()
    expect(await own.getByRole('alert').count()).toBe(1)
    expect(await own.locator('input:focus').getAttribute('name')).toBe('password')
    await own.getByLabel('Password').fill(PASSWORD)
    await own.keyboard.press('Enter')
    await own.locator('.grid-body [role=row]').first().waitFor()
    expect(own.url()).toContain('/streams?q=ext%3Aexe')
    await own.getByRole('button', { name: 'Sign out' }).click()
    await own.getByLabel('User name').waitFor()
    await stranger.close()
  })

  it('shows a query error at its very characters, and the last answer until it is right', async () => {
    await search('path:vendor')
    await rows().first().waitFor()
    await at.page.getByLabel('Query').fill('path:vendor hots:x')
    await at.page.locator('.query-fault').waitFor()
    expect(await at.page.locator('.query-marks mark').textContent()).toMatch(/^hots/)
    expect(await at.page.locator('.query-fault').textContent()).toContain('character 13')
    expect(await rows().count()).toBe(3)
    await at.page.getByLabel('Query').fill('path:vendor name:setup-a.exe')
    await expect.poll(() => rows().count()).toBe(1)
    expect(await at.page.locator('.query-fault').count()).toBe(0)
  })

  it('refines by facets, and the address can be shared', async () => {
    await go('/streams')
    await at.page.getByRole('button', { name: /^docx/ }).click()
    await expect.poll(() => rows().count()).toBe(1)
    expect(new URL(at.page.url()).searchParams.get('q')).toBe('ext:docx')
    await at.page.goBack()
    await expect.poll(() => at.page.locator('.selection-text').textContent()).toContain('268')
  })

  it('strips exactly what was chosen, proves it, and puts it back byte for byte', async () => {
    const file = fleet.path('vendor/setup-b.exe')
    const others = ['a', 'c'].map((name) => fleet.path(`vendor/setup-${name}.exe`))
    const before = snapshotOf(file)
    const othersBefore = others.map(snapshotOf)

    await search('path:vendor')
    await rows().filter({ hasText: 'setup-b.exe' }).getByRole('checkbox').click()
    await at.page.getByRole('button', { name: 'Strip 1 stream…' }).click()
    const confirm = at.page.getByRole('button', { name: 'Strip 1 stream on 1 machine' })
    await confirm.waitFor()
    expect(await at.page.locator('dialog').textContent()).toContain('download warning')
    await at.page.getByLabel(/^Reason/).fill('our own installer')
    await at.page.getByLabel(/type how many/).fill('3')
    expect(await confirm.isDisabled()).toBe(true)
    await at.page.getByLabel(/type how many/).fill('1')
    await confirm.click()

    await at.page.waitForURL(/\/orders\//)
    await rows().filter({ hasText: 'Done' }).waitFor()
    expect(snapshotOf(file)).toEqual(withoutXattr(before, ZONE_XATTR))
    expect(others.map(snapshotOf)).toEqual(othersBefore)

    await at.page.getByRole('button', { name: /^Undo: put back 1 stream/ }).click()
    await at.page.getByLabel(/^Reason/).fill('it was wanted after all')
    await at.page.getByLabel(/type how many/).fill('1')
    await at.page.getByRole('button', { name: 'Put back 1 stream', exact: true }).click()
    await at.page.getByRole('heading', { name: /^Restore 1 stream/ }).waitFor()
    await rows().filter({ hasText: 'Done' }).waitFor()
    expect(snapshotOf(file)).toEqual(before)

    await at.page.getByRole('link', { name: 'the order before' }).click()
    await at.page.getByRole('link', { name: /a restore order/ }).waitFor()
    expect(await at.page.getByRole('button', { name: /^Undo/ }).count()).toBe(0)
  })

  it('draws hostile names, content and origins as text, and follows none of them', async () => {
    await search('path:hostile')
    await expect.poll(() => rows().count()).toBe(HOSTILE.length)
    const table = await at.page.getByRole('grid').textContent()
    expect(table).toContain('<img src=x onerror=alert(1)>.docx')
    expect(table).toContain('invoice\\u202egpj.exe')
    expect(await at.page.locator('main img, main svg, main script').count()).toBe(0)
    const width = await at.page.locator('html').evaluate((html) => html.scrollWidth)
    expect(width).toBeLessThanOrEqual(1440)

    await rows().filter({ hasText: 'onerror' }).locator('a.path-row').click()
    await at.page.locator('.viewer pre').waitFor()
    expect(await at.page.locator('.viewer pre').textContent()).toContain(
      '<script>alert(3)</script>',
    )
    await at.page.getByText('Hex', { exact: true }).click()
    expect(await at.page.locator('.viewer pre').textContent()).toContain('3c 73 63 72 69 70 74')

    await search('name:link.txt')
    await rows().locator('a.path-row').click()
    await at.page.getByText('javascript:alert(4)').first().waitFor()
    expect(await at.page.locator('a[href^="javascript"], a[href*="evil"]').count()).toBe(0)
    for (const path of ['/', '/machines', '/orders', '/audit']) {
      await go(path)
      await at.page.locator('h1').waitFor()
    }
  })

  it('is worked by keyboard alone, from the query to the dialog', async () => {
    await go('/streams')
    await rows().first().waitFor()
    await at.page.keyboard.press('/')
    await at.page.keyboard.type('path:vendor')
    await expect.poll(() => rows().count()).toBe(3)
    await at.page.getByRole('grid').focus()
    await at.page.keyboard.press('ArrowDown')
    await at.page.keyboard.press('Shift+ArrowDown')
    await at.page.keyboard.press('ArrowDown')
    await at.page.keyboard.press('Space')
    await at.page.keyboard.press('Space')
    expect(await at.page.locator('[aria-selected=true]').count()).toBe(2)
    await at.page.keyboard.press('Shift+Tab')
    await at.page.keyboard.press('Enter')
    await at.page.getByRole('dialog').waitFor()
    await at.page.keyboard.press('Escape')
    // Focus goes back to where it was, which is part of closing.
    await at.page.locator('button:focus', { hasText: /^Strip/ }).waitFor()
    expect(await at.page.getByRole('dialog').count()).toBe(0)
    await at.page.getByRole('grid').focus()
    await at.page.keyboard.press('Enter')
    await at.page.waitForURL(/\/streams\/\d+/)
  })

  it('keeps the choice and the place while the inventory changes', async () => {
    await search('path:bulk')
    await rows().first().waitFor()
    const grid = at.page.getByRole('grid')
    const first = (await rows().first().locator('.path-name').textContent()) ?? ''
    await grid.evaluate((element) => element.scrollTo(0, 31 * 120))
    // Drawn anew a frame later; until then the rows are those of the top.
    await expect.poll(() => rows().filter({ hasText: first }).count()).toBe(0)
    const chosen = rows()
      .filter({ hasText: /file-\d+/ })
      .nth(12)
    const name = (await chosen.locator('.path-name').textContent()) ?? ''
    await chosen.getByRole('checkbox').click()
    const row = rows().filter({ hasText: name })
    const top = (await row.boundingBox())?.y

    fleet.addFiles(['x', 'y', 'z'].map((end) => marked(`bulk/later-${end}.exe`)))
    await fleet.scan()
    await expect.poll(() => at.page.locator('.selection-text').textContent()).toContain('of 263')
    expect(await row.getAttribute('aria-selected')).toBe('true')
    await expect.poll(async () => (await row.boundingBox())?.y).toBe(top)
  })

  it('says that it is cut off while central is away, and is live again after', async () => {
    await go('/')
    await at.page.getByText('Live', { exact: true }).waitFor()
    await fleet.stopCentral()
    await at.page.getByText(/^Reconnecting/).waitFor()
    await fleet.restartCentral()
    await at.page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
  })
})
