/** A plain HTTP client that keeps cookies per site and follows nothing by itself. */
export class CookieJar {
  readonly #cookies = new Map<string, Map<string, string>>()

  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('cookie', this.cookieFor(url))
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    const site = this.#site(url)
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';') as [string]
      const name = pair.slice(0, pair.indexOf('='))
      const isOver = /expires=Thu, 01 Jan 1970/i.test(line)
      if (isOver) site.delete(name)
      else site.set(name, pair)
    }
    return response
  }

  cookieFor(url: string): string {
    return [...this.#site(url).values()].join('; ')
  }

  #site(url: string): Map<string, string> {
    const { host } = new URL(url)
    const site = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, site)
    return site
  }
}
