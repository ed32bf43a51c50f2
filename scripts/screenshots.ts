/**
 * `npm run screenshots`: pictures of the real console over the demo fleet, dark and light, into
 * web/screenshots. README shows them. Needs Chromium: sudo apt-get install -y chromium
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { DemoFleet, freePort } from './demo/fleet.ts'
import { writeDemoDisks } from './demo/story.ts'
import { findProgram, root } from './lib/run.ts'
import { waitFor } from './lib/wait-for.ts'

/** Chromium's own background traffic has no place in a test or picture. */
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync']

interface Picture {
  name: string
  path: string
  /** Taken once this stands there. */
  shows: string
}

const PICTURES: readonly Picture[] = [
  { name: 'overview', path: '/', shows: 'main' },
  { name: 'streams', path: '/streams?q=zone%3A3', shows: '.grid-body [role=row]' },
  { name: 'suspicious', path: '/streams?q=verdict%3Asuspicious', shows: '.grid-body [role=row]' },
  { name: 'machines', path: '/machines', shows: '.grid-body [role=row]' },
  { name: 'files', path: '/files?name=AcmeSetup-4.2.exe', shows: '.explain .effects' },
  { name: 'live', path: '/live', shows: 'form' },
  { name: 'orders', path: '/orders', shows: '.grid-body [role=row]' },
  { name: 'rules', path: '/rules', shows: 'main h1' },
  { name: 'audit', path: '/audit', shows: '.grid-body [role=row]' },
  { name: 'users', path: '/users', shows: '.role-table' },
  { name: 'settings', path: '/settings', shows: '.settings' },
  { name: 'account', path: '/account', shows: 'main' },
]

async function main(): Promise<void> {
  const executablePath = findProgram('chromium')
  if (executablePath === undefined) throw new Error('no chromium: sudo apt-get install -y chromium')
  // Not below the checkout: its path would stand in the pictures.
  const folder = mkdtempSync(join(tmpdir(), 'demo-'))
  const fleet = new DemoFleet(folder, await freePort(0))
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', ...QUIET] })
  try {
    const machines = writeDemoDisks(folder)
    await fleet.startCentral()
    for (const machine of machines) {
      await fleet.enrol(machine)
      fleet.startAgent(machine)
    }
    await fleet.waitForInventory(machines)
    mkdirSync(join(root, 'web/screenshots'), { recursive: true })
    const pictures = [...PICTURES, ...(await picturesOfOne(browser, fleet))]
    for (const colorScheme of ['dark', 'light'] as const) {
      await takeAll(browser, fleet, colorScheme, pictures)
    }
  } finally {
    await browser.close()
    await fleet.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Pages about one thing, after there is such a thing: an order that was carried out, a live query that was answered. */
async function picturesOfOne(browser: Browser, fleet: DemoFleet): Promise<Picture[]> {
  const { client } = fleet
  const [payload] = (await client.search('machine:LAB-PC-12 stream:update.exe')).streams
  const [first, second] = await client.machines()
  const marks = (await client.search('zone:3')).streams.filter(({ isStrippable }) => isStrippable)
  const { orderId } = await client.strip(
    marks.slice(0, 1).map(({ streamId }) => streamId),
    1,
    'our own installer',
  )
  await waitFor('the order to be finished', async () =>
    (await client.order(orderId)).state === 'finished' ? true : undefined,
  )
  const context = await signedIn(browser, fleet, 'dark')
  const asked = await context.request.post(`${fleet.url}/api/v1/live-queries`, {
    data: { query: 'zone:3', machines: { isAll: true } },
  })
  const { questionId } = (await asked.json()) as { questionId: string }
  await context.close()
  const shows = 'main h1'
  return [
    { name: 'stream', path: `/streams/${payload?.streamId}`, shows },
    { name: 'machine', path: `/machines/${marks[0]?.machineId}`, shows: '.timeline' },
    { name: 'order', path: `/orders/${orderId}`, shows },
    { name: 'live-query', path: `/live/${questionId}`, shows: '.grid-body [role=row]' },
    { name: 'compare', path: `/compare?a=${first?.machineId}&b=${second?.machineId}`, shows },
  ]
}

async function signedIn(browser: Browser, fleet: DemoFleet, colorScheme: 'dark' | 'light') {
  const viewport = { width: 1440, height: 900 }
  const context = await browser.newContext({ viewport, colorScheme })
  const data = { username: 'admin', password: fleet.password }
  await context.request.post(`${fleet.url}/api/v1/session`, { data })
  return context
}

async function takeAll(
  browser: Browser,
  fleet: DemoFleet,
  colorScheme: 'dark' | 'light',
  pictures: readonly Picture[],
) {
  const context = await signedIn(browser, fleet, colorScheme)
  const page = await context.newPage()
  for (const { name, path, shows } of pictures) {
    await page.goto(`${fleet.url}${path}`)
    await page.locator(shows).first().waitFor()
    await take(page, `${name}-${colorScheme}`)
  }
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('User name').waitFor()
  await take(page, `sign-in-${colorScheme}`)
  await context.close()
}

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  const path = `web/screenshots/${name}.png`
  await page.screenshot({ path: join(root, path) })
  console.log(path)
}

main().catch((error: Error) => {
  console.error(`screenshots: ${error.message}`)
  process.exitCode = 1
})
