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

/** Chromium's own background traffic has no place in a test or picture. */
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync']

const PICTURES: { name: string; path: string; shows: string }[] = [
  { name: 'overview', path: '/', shows: 'main' },
  { name: 'streams', path: '/streams?q=zone%3A3', shows: '.grid-body [role=row]' },
  { name: 'suspicious', path: '/streams?q=verdict%3Asuspicious', shows: '.grid-body [role=row]' },
  { name: 'users', path: '/users', shows: '.role-table' },
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
    for (const colorScheme of ['dark', 'light'] as const) await takeAll(browser, fleet, colorScheme)
  } finally {
    await browser.close()
    await fleet.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function takeAll(browser: Browser, fleet: DemoFleet, colorScheme: 'dark' | 'light') {
  const viewport = { width: 1440, height: 900 }
  const context = await browser.newContext({ viewport, colorScheme })
  const data = { username: 'admin', password: fleet.password }
  await context.request.post(`${fleet.url}/api/v1/session`, { data })
  const page = await context.newPage()
  for (const { name, path, shows } of PICTURES) {
    await page.goto(`${fleet.url}${path}`)
    await page.locator(shows).first().waitFor()
    await take(page, `${name}-${colorScheme}`)
  }
  const [payload] = (await fleet.client.search('machine:LAB-PC-12 stream:update.exe')).streams
  await page.goto(`${fleet.url}/streams/${payload?.streamId}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await take(page, `stream-${colorScheme}`)
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
