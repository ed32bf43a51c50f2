/** A browser page that remembers whatever a console must never do. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)
export const hasChromium = CHROMIUM !== undefined

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
}

/** Sentences about requests to elsewhere, scripts that ran, policies violated, errors thrown. */
export async function watchedPage(
  context: BrowserContext,
  origin: string,
  faults: string[],
): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    const isOurs = host === new URL(origin).host && /^(http|ws):$/.test(protocol)
    if (!isOurs) faults.push(`asked ${request.url()}`)
  })
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(origin).host) faults.push(`asked ${socket.url()}`)
  })
  page.on('dialog', (dialog) => {
    faults.push(`ran a script: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => faults.push(`threw ${error.message}`))
  page.on('console', (message) => {
    const text = message.text()
    // The browser itself reports every answer of 400 and above, and every socket that fails.
    const isAboutNetwork = /Failed to load resource|WebSocket connection to/.test(text)
    if (message.type() === 'error' && !isAboutNetwork) faults.push(`said ${text}`)
    if (/Content Security Policy|Trusted ?Type/i.test(text)) faults.push(`violated ${text}`)
  })
  return page
}
