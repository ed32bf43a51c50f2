/** The console as central serves it: its pages, and the headers that hold it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openFleet } from './fleet.ts'

describe('the console', () => {
  function built(): string {
    const dir = mkdtempSync(join(tmpdir(), 'sidestream-console-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    mkdirSync(join(dir, 'assets'))
    writeFileSync(join(dir, 'index.html'), '<!doctype html><title>Sidestream</title>')
    writeFileSync(join(dir, 'assets', 'app-1a2b.js'), 'export {}')
    return dir
  }

  it('is served with its pages all being index.html, and the API never', async () => {
    const fleet = await openFleet({ consoleDir: built() })
    const html = { accept: 'text/html' }
    for (const path of ['/', '/orders/12', '/index.html', '/a.b']) {
      const page = await fleet.call('GET', path, undefined, html)
      expect([path, page.status, page.body]).toEqual([
        path,
        200,
        expect.stringContaining('Sidestream'),
      ])
    }
    const script = await fleet.call('GET', '/assets/app-1a2b.js')
    expect(script.headers.get('content-type')).toContain('javascript')
    expect(script.headers.get('cache-control')).toContain('immutable')
    expect((await fleet.call('GET', '/assets/none.js')).status).toBe(404)
    expect((await fleet.call('GET', '/api/v2/x', undefined, html)).body.code).toBe('NOT_FOUND')
    for (const path of ['/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd']) {
      expect((await fleet.call('GET', path)).body).not.toContain('root:')
    }
  })

  it('that was not built says how to build it', async () => {
    const fleet = await openFleet()
    const answer = await fleet.call('GET', '/', undefined, { accept: 'text/html' })
    expect(answer).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('npm run build') },
    })
  })

  it('gets the strict security headers on every answer', async () => {
    const fleet = await openFleet({ consoleDir: built() })
    for (const path of ['/', '/api/v1/machines', '/healthz', '/api/v1/nothing']) {
      const { headers } = await fleet.call('GET', path, undefined, { accept: 'text/html' })
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';" +
          "font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';" +
          "require-trusted-types-for 'script'",
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('strict-transport-security')).toBe(null)
    }
  })
})
