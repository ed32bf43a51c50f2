/** What a browser measures of the console. Scripts for the page are texts: they know nothing of us, nor we of a DOM. */
import type { Browser, BrowserContext } from 'playwright-core'
import type { MeasuredCentral } from '../lib/measured-central.ts'

const SCROLL_PX_PER_SECOND = 3_000
const ROW_PX = 31
const SUGGEST_ROUNDS = 20
/** What somebody types: a field, its first letters, and values of fields with few and with many. */
const TYPED = ['ho', 'host:', 'host:c', 'name:re', 'stream:Z', 'machine:PC', 'ext:p', 'zone:']

/** Looks before each frame whether a row stands there. */
const NOTE_FIRST_ROW = `
  const look = () => {
    if (document.querySelector('.grid-body [role=row]') === null) requestAnimationFrame(look)
    else globalThis.firstRowMs = performance.now()
  }
  requestAnimationFrame(look)
`

/** Moves the list by what a frame's time is worth, and counts the frames of each second. */
const scrollScript = (seconds: number): string => `
  new Promise((resolve) => {
    const grid = document.querySelector('.grid')
    const framesPerSecond = new Array(${seconds}).fill(0)
    // To ask for scrollTop would have the page laid out once more than a person's scrolling has.
    let top = 0
    let begun = 0
    let last = 0
    const frame = (now) => {
      begun ||= now
      const second = Math.floor((now - begun) / 1000)
      if (second >= ${seconds}) {
        resolve({ rowsPassed: Math.round(top / ${ROW_PX}), framesPerSecond })
        return
      }
      framesPerSecond[second] += 1
      top += (${SCROLL_PX_PER_SECOND} * (now - (last || now))) / 1000
      grid.scrollTop = top
      last = now
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
`

export interface ColdLoad {
  /** From the start of the navigation to the first frame with a row in it. */
  firstRowMs: number
  requests: number
}

async function signedIn(browser: Browser, central: MeasuredCentral): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await context.request.post(`${central.url}/api/v1/session`, { data: central.credentials })
  return context
}

/** With a cache that is empty, and a session that is there. */
export async function coldLoad(browser: Browser, central: MeasuredCentral): Promise<ColdLoad> {
  const context = await signedIn(browser, central)
  try {
    const page = await context.newPage()
    let requests = 0
    page.on('request', () => {
      requests += 1
    })
    await page.addInitScript(NOTE_FIRST_ROW)
    await page.goto(`${central.url}/streams`)
    await page.locator('.grid-body [role=row]').first().waitFor()
    // What noted it comes with the frame after.
    await page.waitForTimeout(100)
    const firstRowMs = await page.evaluate<number>('globalThis.firstRowMs')
    return { firstRowMs, requests }
  } finally {
    await context.close()
  }
}

export interface Scrolling {
  total: number
  rowsPassed: number
  framesPerSecond: number[]
  /** Of the page's own thread: what other programs on this machine take does not count. */
  cpuMsPerFrame: number
}

/** Down the list of everything, which loads as it goes, at the pace of a finger that does not stop. */
export async function framesWhileScrolling(
  browser: Browser,
  central: MeasuredCentral,
  seconds: number,
): Promise<Scrolling> {
  const context = await signedIn(browser, central)
  try {
    const page = await context.newPage()
    await page.goto(`${central.url}/streams`)
    await page.locator('.grid-body [role=row]').first().waitFor()
    const rowCount = await page.locator('.grid').getAttribute('aria-rowcount')
    const devTools = await context.newCDPSession(page)
    await devTools.send('Performance.enable', { timeDomain: 'threadTicks' })
    const taskSeconds = async (): Promise<number> => {
      const { metrics } = await devTools.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
    }
    const before = await taskSeconds()
    const measured = await page.evaluate<Pick<Scrolling, 'rowsPassed' | 'framesPerSecond'>>(
      scrollScript(seconds),
    )
    const frames = measured.framesPerSecond.reduce((sum, count) => sum + count, 0)
    const cpuMsPerFrame = (((await taskSeconds()) - before) / frames) * 1_000
    // The head is a row too.
    return { total: Number(rowCount) - 1, ...measured, cpuMsPerFrame }
  } finally {
    await context.close()
  }
}

export async function suggestTimes(
  browser: Browser,
  central: MeasuredCentral,
): Promise<{ p50: number; p95: number; worst: string }> {
  const context = await signedIn(browser, central)
  try {
    const times: { q: string; ms: number }[] = []
    for (let round = 0; round <= SUGGEST_ROUNDS; round += 1) {
      for (const q of TYPED) {
        const url = `${central.url}/api/v1/streams/suggest?${new URLSearchParams({ q, position: String(q.length) })}`
        const started = performance.now()
        const answer = await context.request.get(url)
        await answer.body()
        // The first round fills the caches of disk and statements.
        if (round > 0) times.push({ q, ms: performance.now() - started })
      }
    }
    times.sort((a, b) => a.ms - b.ms)
    const at = (share: number) => times[Math.floor(share * (times.length - 1))]!
    return { p50: at(0.5).ms, p95: at(0.95).ms, worst: at(1).q }
  } finally {
    await context.close()
  }
}
