/** "Where is this file?" and the query bar's suggestions, in a real browser over two real agents. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { signedInConsole } from './support/signed-in-console.ts'
import { hasChromium } from './support/watched-page.ts'

const MARK = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://dl.vendor.example/setup.exe\r\n'
const marked = { path: 'setup.exe', stream: 'Zone.Identifier', content: MARK }

describe.skipIf(!hasChromium)('the console, asked about one file', () => {
  const at = signedInConsole(async (fleet) => {
    await fleet.start([marked])
    await fleet.addMachine('pc-unmarked', [{ ...marked, path: 'other.exe', stream: 'note' }])
    writeFileSync(join(fleet.folder, 'machine-0', 'setup.exe'), 'without a mark')
  }, 2)
  const { fleet, go, rows } = at

  it('calls a machine without a known mark unknown, and says what Windows does where there is one', async () => {
    await go('/files?name=setup.exe')
    await expect.poll(() => rows().count()).toBe(2)
    const other = rows().filter({ hasText: 'pc-unmarked' })
    expect(await other.textContent()).toContain('Unknown')
    expect(await rows().filter({ hasText: 'dl.vendor.example' }).textContent()).toContain('Marked')
    const explanation = at.page.locator('.explain')
    await explanation.getByText('Security Warning').waitFor()
    expect(await explanation.textContent()).toContain('Not certain from here')
  })

  it('asks the machines, which tell unmarked from absent, and keeps the question in the address', async () => {
    const folder = join(fleet.folder, 'machine-0')
    await go('/files')
    await at.page.getByLabel('File name, or whole path').fill('setup.exe')
    await at.page.getByLabel('Ask machines now').check()
    await at.page.getByLabel('Also look in folder').fill(folder)
    await at.page.keyboard.press('Enter')
    const other = rows().filter({ hasText: 'pc-unmarked' })
    await other.filter({ hasText: /Unmarked/ }).waitFor()
    const { searchParams } = new URL(at.page.url())
    expect(Object.fromEntries(searchParams)).toEqual({ name: 'setup.exe', folder, live: 'true' })
    await fleet.others.get('pc-unmarked')?.close()
    await at.page.reload()
    await other.filter({ hasText: 'offline' }).waitFor()
    expect(await other.first().textContent()).toContain('Unknown')
  })

  it('is reached from the header, a stream and the table, and leads to a comparison of machines', async () => {
    await go('/streams?q=zone%3A3')
    await rows().first().getByRole('link', { name: 'where?' }).click()
    await at.page.waitForURL(/\/files\?name=setup\.exe/)
    await at.page.getByLabel('Find a file').fill('other.exe')
    await at.page.keyboard.press('Enter')
    await at.page.waitForURL(/\/files\?name=other\.exe/)
    await at.page.getByRole('button', { name: 'Compare' }).click()
    await at.page.waitForURL(/\/compare\?a=/)
    await rows().filter({ hasText: 'only on the' }).first().waitFor()
    expect(await at.page.locator('main').textContent()).toContain(
      '1 only on the first1 only on the second',
    )
  })

  it('keeps the chosen columns, and a search by its name', async () => {
    await go('/streams?q=zone%3A3')
    const zone = at.page.getByRole('columnheader', { name: 'Zone' })
    await zone.waitFor()
    await at.page.getByText('Columns', { exact: true }).click()
    await at.page.getByLabel('Zone', { exact: true }).uncheck()
    await expect.poll(() => zone.count()).toBe(0)
    await at.page.reload()
    await rows().first().waitFor()
    expect(await zone.count()).toBe(0)
    await at.page.getByText('Views', { exact: true }).click()
    await at.page.getByRole('button', { name: 'Save this search…' }).click()
    await at.page.getByLabel('Name', { exact: true }).fill('from the Internet')
    await at.page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect.poll(() => at.page.locator('dialog').count()).toBe(0)
    await go('/streams')
    await at.page.getByText('Views', { exact: true }).click()
    await at.page.getByRole('link', { name: 'from the Internet' }).click()
    await at.page.waitForURL(/q=zone%3A3/)
  })

  it('suggests fields and values, by keyboard alone, and never chooses by itself', async () => {
    await go('/streams')
    await rows().first().waitFor()
    const query = at.page.getByRole('combobox', { name: 'Query' })
    await query.focus()
    await at.page.keyboard.type('ho')
    await at.page.getByRole('option', { name: /^host:/ }).waitFor()
    expect(await query.getAttribute('aria-expanded')).toBe('true')
    await at.page.keyboard.press('ArrowDown')
    const active = await query.getAttribute('aria-activedescendant')
    expect(await at.page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true')
    await at.page.keyboard.press('Enter')
    await at.page.getByRole('option', { name: /dl\.vendor\.example/ }).waitFor()
    await at.page.keyboard.press('ArrowDown')
    await at.page.keyboard.press('Enter')
    expect(await query.inputValue()).toBe('host:dl.vendor.example ')
    await expect.poll(() => rows().count()).toBe(1)
    await at.page.keyboard.type('na')
    await at.page.getByRole('option', { name: /^name:/ }).waitFor()
    await at.page.keyboard.press('Escape')
    await expect.poll(() => at.page.getByRole('option').count()).toBe(0)
    await at.page.keyboard.press('Enter')
    expect(await query.inputValue()).toBe('host:dl.vendor.example na')
  })
})
