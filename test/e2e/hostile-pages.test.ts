/**
 * Every page of the console over a fleet whose every text was chosen by an attacker, put into a real central through
 * the link of a real agent and of one that lies. Nothing may run, be asked of elsewhere, or stand there unseen.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MachineId } from '../../server/protocol/ids.ts'
import { stream, TestAgent, volume } from '../integration/central/test-agent.ts'
import { HOSTILE, longestPath, NEVER_SHOWN_RAW } from '../support/hostile-texts.ts'
import { ConsoleFleet, PASSWORD } from './support/console-fleet.ts'
import { hasChromium, launchBrowser, watchedPage } from './support/watched-page.ts'

const NAME_UNITS = 255
/** What a name may not hold, on Linux and on Windows. */
const asName = (text: string) => text.replace(/[\\/:\0]/g, '-').slice(0, NAME_UNITS)

describe.skipIf(!hasChromium)('a console full of hostile texts', () => {
  const fleet = new ConsoleFleet()
  const liars: TestAgent[] = []
  const faults: string[] = []
  let browser: Browser
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    // What a file system on Linux can hold comes from a real agent.
    const onDisk = HOSTILE.filter((text) => text.isWellFormed()).map((text, index) => ({
      path: `${index} ${asName(text)}.exe`,
      stream: asName(text).slice(0, 60),
      content: `[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=${text}\r\n`,
    }))
    await fleet.start(onDisk)
    for (const text of HOSTILE.slice(0, 16)) liars.push(await aLiar(text))
    browser = await launchBrowser()
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const data = { username: 'admin', password: PASSWORD }
    await context.request.post(`${fleet.central.url}/api/v1/session`, { data })
    await saidByPeople()
    page = await watchedPage(context, fleet.central.url, faults)
  }, 240_000)

  afterAll(async () => {
    for (const liar of liars) liar.disconnect()
    await browser?.close()
    await fleet.stop()
  })

  /** An agent of the protocol's shape, and nothing else that can be trusted. */
  async function aLiar(text: string): Promise<TestAgent> {
    const agent = new TestAgent(text)
    const { token } = await fleet.post('/api/v1/enrolments', { uses: 1, validForSeconds: 600 })
    await agent.enrol(fleet.central.url, String(token))
    await agent.connect(fleet.central.url)
    agent.answer = () => ({ status: 409, body: { code: 'LIED', message: text } })
    const path = `C:\\${text.slice(0, 60)}\\${asName(text)}`
    const origin = {
      ...stream().origin!,
      hostUrl: text,
      referrerUrl: text,
      hostIpAddress: text.slice(0, 64),
      lastWriterPackageFamilyName: text,
    }
    await agent.report([
      stream({ path, links: [path, text], stream: asName(text), origin } as never),
      stream({ path: longestPath(), links: [longestPath()], identity: 'ntfs:7' } as never),
    ])
    agent.finishScan({
      state: 'incomplete',
      message: text,
      unreadableCount: 1,
      unreadable: [{ path, stream: asName(text), code: 'DENIED', message: text }],
      volumes: [volume({ root: path, label: text.slice(0, 256), fileSystem: text.slice(0, 64) })],
    })
    return agent
  }

  /** Reasons, names and queries that people give. */
  async function saidByPeople(): Promise<void> {
    const { streams } = await found('zone:3')
    for (const [index, text] of HOSTILE.entries()) {
      const target = streams[index % streams.length]
      await fleet.strip([target!.streamId], `because ${text}`)
    }
    for (const text of HOSTILE.slice(0, 6)) {
      const name = text.slice(0, 64)
      const kinds = ['order.finished']
      const url = 'http://127.0.0.1:9/'
      await fleet.post('/api/v1/sinks', { kind: 'webhook', name, kinds, url })
      const query = JSON.stringify(text.toWellFormed())
      await fleet.post('/api/v1/saved-queries', { kind: 'inventory', name, query, schedule: null })
      await fleet.post('/api/v1/live-queries', { query, machines: { isAll: true } })
    }
  }

  interface Found {
    streams: { streamId: number; machineId: MachineId; path: string }[]
  }

  async function found(q: string): Promise<Found> {
    const query = new URLSearchParams({ q, limit: '500' })
    const answer = await context.request.get(`${fleet.central.url}/api/v1/streams?${query}`)
    return (await answer.json()) as Found
  }

  async function list<Item>(path: string, key: string): Promise<Item[]> {
    const answer = await context.request.get(`${fleet.central.url}/api/v1${path}`)
    return ((await answer.json()) as Record<string, Item[]>)[key] ?? []
  }

  /** Whatever is wrong with the page that stands there now. */
  async function visit(path: string): Promise<string[]> {
    faults.length = 0
    await page.goto(`${fleet.central.url}${path}`)
    await page.locator('main').waitFor()
    await page.waitForLoadState('networkidle')
    const text = `${await page.title()} ${await page.locator('body').innerText()}`
    const raw = NEVER_SHOWN_RAW.exec(text)
    const grown = await page.evaluate<number>(
      `document.querySelectorAll('main img, main iframe, main object, main embed, main style, main script, main [onerror], main [onload], main [onfocus], main a[href^="javascript:" i]').length`,
    )
    return [
      ...faults,
      ...(raw === null ? [] : [`shows ${raw[0].charCodeAt(0).toString(16)} as it is`]),
      ...(grown === 0 ? [] : [`has ${grown} elements that a text made`]),
    ].map((fault) => `${path}: ${fault}`)
  }

  async function visitAll(paths: readonly string[]): Promise<void> {
    const all: string[] = []
    for (const path of paths) all.push(...(await visit(path)))
    expect(all).toEqual([])
  }

  it('has them on every page of streams and files, inert and visible', async () => {
    const { streams } = await found('')
    expect(streams.length).toBeGreaterThan(40)
    const names = HOSTILE.map((text) => `/files?${new URLSearchParams({ name: text })}`)
    const queries = HOSTILE.map((text) => `/streams?${new URLSearchParams({ q: text })}`)
    const ids = streams.map(({ streamId }) => `/streams/${streamId}`)
    await visitAll(['/', '/streams', ...ids, ...names.slice(0, 8), ...queries.slice(0, 8)])
  }, 600_000)

  it('has them on every page of machines, orders and what was recorded, inert and visible', async () => {
    const machines = await list<{ machineId: string }>('/machines?limit=100', 'machines')
    const orders = await list<{ orderId: string }>('/orders?limit=100', 'orders')
    const questions = await list<{ questionId: string }>('/live-queries?limit=100', 'questions')
    expect(machines.length).toBeGreaterThan(16)
    expect(orders.length).toBeGreaterThan(5)
    expect(questions.length).toBeGreaterThan(3)
    const [a, b] = machines
    await visitAll([
      ...machines.map(({ machineId }) => `/machines/${machineId}`),
      ...orders.map(({ orderId }) => `/orders/${orderId}`),
      ...questions.map(({ questionId }) => `/live/${questionId}`),
      `/compare?a=${a?.machineId}&b=${b?.machineId}`,
      ...['/machines', '/orders', '/audit', '/live', '/users', '/settings', '/account'],
      `/audit?${new URLSearchParams({ about: HOSTILE[0] ?? '' })}`,
    ])
  }, 600_000)

  it('shows them as text: they are there, and can be read', async () => {
    await page.goto(`${fleet.central.url}/machines`)
    await page.getByText('<img src=x onerror=alert("h1")>').first().waitFor()
    await page.getByText('\\u202e').first().waitFor()
    await page.goto(`${fleet.central.url}/streams?q=h22`)
    await page.locator('.grid-body [role=row]').first().waitFor()
    const row = page.locator('.grid-body [role=row]').first()
    expect((await row.boundingBox())?.height).toBe(31)
  })
})
