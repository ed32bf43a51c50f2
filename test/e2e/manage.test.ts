/** A machine's own page, and what an administrator sets up, in a real browser over a real central and agent. */
import { beforeAll, describe, expect, it } from 'vitest'
import { signedInConsole } from './support/signed-in-console.ts'
import { hasChromium } from './support/watched-page.ts'

const content = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://dl.vendor.example/setup.exe\r\n'

interface Found {
  streams: { streamId: number; machineId: string }[]
}

describe.skipIf(!hasChromium)('the console, where things are managed', () => {
  const at = signedInConsole(
    (fleet) =>
      fleet.start([
        { path: 'setup.exe', stream: 'Zone.Identifier', content },
        { path: 'other.exe', stream: 'Zone.Identifier', content },
      ]),
    2,
  )
  const { fleet, go } = at
  let machinePath: string

  beforeAll(async () => {
    const answer = await at.context.request.get(`${fleet.central.url}/api/v1/streams`)
    const { streams } = (await answer.json()) as Found
    machinePath = `/machines/${streams[0]?.machineId}`
    await fleet.strip([streams[0]!.streamId], 'our own installer')
  })

  it('labels a machine, and shows that in what happened to it', async () => {
    await go(machinePath)
    await at.page.getByRole('button', { name: 'Edit…' }).click()
    await at.page.getByLabel('Labels, with blanks between them').fill('reception, lab')
    await at.page.getByRole('button', { name: 'Save labels' }).click()
    await at.page.locator('.labels').getByText('reception').waitFor()
    await at.page.reload()
    const timeline = at.page.locator('.timeline')
    await timeline.getByText('machine.labelled').waitFor()
    expect(await timeline.textContent()).toContain('machine.enrolled by the machine')
    await at.page.locator('.labels').getByText('lab').click()
    await at.page.waitForURL(/q=label%3Alab/)
  })

  it('counts what came and went, each number a search for what is behind it', async () => {
    await go(machinePath)
    const gone = at.page.getByRole('row', { name: /^gone/ })
    await expect.poll(() => gone.textContent()).toBe('gone111')
    await gone.getByRole('link').first().click()
    await at.page.locator('.grid-body [role=row]').first().waitFor()
    expect(new URL(at.page.url()).searchParams.get('q')).toContain('gone:<1d')
  })

  it('lists what the machine keeps of removed streams', async () => {
    await go(machinePath)
    await at.page.getByText('Quarantine').click()
    const entry = at.page.locator('.quarantine tbody tr')
    await entry.waitFor()
    expect(await entry.textContent()).toContain('our own installer')
    expect(await at.page.locator('.quarantine').textContent()).toContain('1 stream kept')
  })

  it('leads from a machine to a live query of that machine', async () => {
    await go(machinePath)
    await at.page.getByRole('link', { name: 'Ask it live…' }).click()
    await at.page.waitForURL(/\/live\?hostname=/)
    expect(await at.page.getByLabel('Host name').inputValue()).not.toBe('')
  })

  it('adds a sink, keeps a query and counts it', async () => {
    await go('/settings')
    await at.page.getByRole('button', { name: 'Add sink…' }).click()
    await at.page.getByLabel('Name').fill('soc')
    await at.page.getByLabel('URL').fill('http://127.0.0.1:9/hook')
    await at.page.getByRole('button', { name: 'Add', exact: true }).click()
    await at.page.getByRole('row', { name: /^soc/ }).waitFor()
    await at.page.getByRole('button', { name: 'Save a query…' }).click()
    await at.page.getByLabel('Name').fill('marks')
    await at.page.getByLabel('Search').fill('zone:3')
    await at.page.getByRole('button', { name: 'Save', exact: true }).click()
    const saved = at.page.getByRole('row', { name: /^marks/ })
    await saved.getByRole('button', { name: 'Run' }).click()
    await expect.poll(() => saved.textContent()).toContain('just now1')
  })

  it('draws the fleet over a period that is in the address', async () => {
    await go('/')
    await at.page.getByRole('link', { name: 'a week' }).click()
    await at.page.waitForURL(/\?days=7/)
    expect(await at.page.locator('.trends').textContent()).toContain('Over time')
  })
})
