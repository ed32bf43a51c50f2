/** What central answers about the inventory: listings, facets, suggestions, exports. */
import { describe, expect, it } from 'vitest'
import { openFleet } from './fleet.ts'
import { keyOf, stream, streams } from './test-agent.ts'

describe('listings', () => {
  it('page through everything once, also while streams come', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report(streams(25))
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await fleet.search('', `&limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...page.streams.map((row) => row.path))
      cursor = page.cursor
      await agent.report([stream({ identity: `ntfs:9${seen.length}` as never, path: 'C:\\new' })])
    }
    expect(seen).toEqual(
      streams(25)
        .map((each) => each.path)
        .reverse(),
    )
  })

  it('of machines are by hostname, in pages', async () => {
    const fleet = await openFleet()
    for (const name of ['c', 'A', 'b']) await fleet.agent(name)
    const first = (await fleet.get('/machines?limit=2')).body
    const second = (await fleet.get(`/machines?limit=2&cursor=${first.cursor}`)).body
    const names = [...first.machines, ...second.machines].map(({ hostname }) => hostname)
    expect(names).toEqual(['A', 'b', 'c'])
    expect(second.cursor).toBe(null)
  })

  it('count by facets whose values can be asked for', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent('PC-1')
    const bare = { origin: null, verdict: 'suspicious', stream: 'payload.exe' } as const
    await agent.report([
      ...streams(3),
      stream({ path: 'C:\\x.PS1', identity: 'ntfs:7' as never, ...bare }),
    ])
    const { body } = await fleet.get('/streams/facets?q=')
    expect(body).toEqual({
      total: 4,
      totalIsExact: true,
      isExact: { machines: true, hosts: true, others: true },
      machines: [{ value: 'PC-1', count: 4 }],
      verdicts: [
        { value: 'mark', count: 3 },
        { value: 'suspicious', count: 1 },
      ],
      zones: [
        { value: '3', count: 3 },
        { value: 'none', count: 1 },
      ],
      hosts: [{ value: 'cdn.example.com', count: 3 }],
      names: [
        { value: 'Zone.Identifier', count: 3 },
        { value: 'payload.exe', count: 1 },
      ],
      extensions: [
        { value: 'exe', count: 3 },
        { value: 'ps1', count: 1 },
      ],
    })
    expect((await fleet.search('verdict:suspicious ext:ps1')).total).toBe(1)
    expect((await fleet.search('zone:none')).total).toBe(1)
  })

  it('say how they were answered when asked to', async () => {
    const fleet = await openFleet()
    await (await fleet.agent('PC-1')).report(streams(3))
    const { body } = await fleet.get('/streams?q=machine:pc-1%20zone:3&explain=1')
    expect(body).toMatchObject({ total: 3, totalIsExact: true })
    expect(body.plan.filters).toContain('machine:"pc-1": stream by stream')
    expect(body.plan.filters).toContain('zone:3..3: by class')
    expect((await fleet.search('zone:3')).plan).toBe(undefined)
  })

  it('complete a query at the cursor with fields and with values that are there', async () => {
    const fleet = await openFleet()
    await (await fleet.agent('PC-1')).report([
      ...streams(3),
      stream({ identity: 'ntfs:7' as never, stream: 'Zone x', origin: null }),
    ])
    const complete = async (marked: string) => {
      const position = marked.indexOf('|')
      const q = encodeURIComponent(marked.replace('|', ''))
      const { body } = await fleet.get(`/streams/suggest?q=${q}&position=${position}`)
      const texts = body.suggestions.map(({ text }: { text: string }) => text)
      return [body.from, body.to, ...texts]
    }
    expect(await complete('zone:3 ho|')).toEqual([7, 9, 'host:'])
    expect(await complete('host:CDN|')).toEqual([5, 8, 'cdn.example.com'])
    expect(await complete('stream:zo| ext:exe')).toEqual([7, 9, 'Zone.Identifier', '"Zone x"'])
    expect(await complete('machine:|')).toEqual([8, 8, 'PC-1'])
    expect(await complete('kind:d|')).toEqual([5, 6, 'directory'])
    expect(await complete('hots:x|')).toEqual([6, 6])
    expect(await complete('con|')).toEqual([0, 3])
  })

  it('hide what is gone unless asked, by parameter or by query', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report(streams(2))
    await agent.report([], { gone: [keyOf(streams(1)[0]!)] })
    for (const q of ['', 'ext:exe']) {
      for (const [gone, count] of [
        ['', 1],
        ['&gone=false', 1],
        ['&gone=true', 2],
        ['&gone=only', 1],
      ]) {
        const page = await fleet.search(q, gone as string)
        expect([q, gone, page.total, page.streams.length]).toEqual([q, gone, count, count])
      }
    }
    expect((await fleet.search('gone:<1d')).total).toBe(1)
  })
})

describe('exports', () => {
  const hostile = (path: string, name: string) =>
    stream({ identity: `ntfs:${path.length}` as never, path, links: [path], stream: name })

  it('in CSV hold no formula, no control character and no broken UTF-16', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent('=cmd|calc!A1')
    await agent.report([
      hostile('C:\\plain, "quoted".exe', '=HYPERLINK("http://evil")'),
      hostile('\t=1+1', '@SUM(A1)'),
      hostile('C:\\\u202Egnp.exe', '+1'),
      hostile('C:\\line\r\nbreak', '-1'),
      hostile('C:\\lone\ud800', 'ok'),
    ])
    const answer = await fleet.get('/streams/export?format=csv')
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="streams.csv"')
    const lines = (answer.body as string).split('\r\n')
    expect(lines).toHaveLength(7)
    const csv = lines.slice(1).join('\n')
    expect(csv).toContain(`"'=HYPERLINK(""http://evil"")"`)
    expect(csv).toContain(`,'\\u0009=1+1,'@SUM(A1),`)
    expect(csv).toContain(`,C:\\\\u202egnp.exe,'+1,`)
    expect(csv).toContain(`,C:\\line\\u000d\\u000abreak,'-1,`)
    expect(csv).toContain(',C:\\lone\\ud800,ok,')
    expect(csv).toContain(",'=cmd|calc!A1,")
    expect(csv).not.toMatch(/(^|,)"?[=+@\t]|[\0-\x09\x0b-\x1f\u202e\ufffd]/m)
  })

  it('hold every match, over many pages, in both formats', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const all = streams(1_200)
    for (let at = 0; at < all.length; at += 400) await agent.report(all.slice(at, at + 400))
    const ndjson = (await fleet.get('/streams/export?q=ext:exe&format=ndjson')).body as string
    const paths = ndjson
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).path)
    expect(new Set(paths)).toEqual(new Set(all.map((each) => each.path)))
    const csv = (await fleet.get('/streams/export?q=ext:exe&format=csv')).body as string
    expect(csv.trimEnd().split('\r\n')).toHaveLength(1_201)
    expect((await fleet.get('/streams/export?q=(')).status).toBe(400)
  })
})
