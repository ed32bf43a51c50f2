import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Stores } from '../../../../server/central/store/stores.ts'
import type { ReportedStream } from '../../../../server/protocol/stream.ts'
import { type Query, QueryError, type TextField } from '../../../../server/streams/query/ast.ts'
import { stream } from '../../../integration/central/test-agent.ts'
import { addMachine, delta, openTestStores } from '../stored-fleet.ts'

const file = (path: string, changes: Partial<ReportedStream> = {}): ReportedStream =>
  stream({ path, links: [path], identity: `ntfs:${path.length}` as never, ...changes })

const origin = stream().origin!

async function fleet(): Promise<Stores> {
  const stores = await openTestStores()
  const [pc, server] = [await addMachine(stores, 'PC-1'), await addMachine(stores, 'fileserver')]
  const upserts = [
    file('C:\\Users\\Ann\\setup_v1.EXE', { sizeBytes: 10 }),
    file('C:\\Users\\Ann\\100%.docx', {
      origin: { ...origin, id: 0, hostUrl: null },
      sizeBytes: 20,
    }),
    file('C:\\Users\\Bob\\setupXv1.exe', {
      origin: null,
      verdict: 'suspicious',
      stream: 'pay_load',
    }),
    file('C:\\Users\\Bob\\.profile', {
      sha256: null,
      verdict: 'unknown',
      rule: 'none',
      sizeBytes: 0,
    }),
  ]
  await stores.inventory.apply(pc, delta({ upserts }), 10_000)
  const folder = file('/srv/share/a\\b', {
    kind: 'directory',
    volumeId: 'fs-ab' as never,
    sha256: 'b'.repeat(64),
    origin: {
      ...origin,
      hostUrl: 'http://Files.EXAMPLE.org:8080/x',
      lastWriterPackageFamilyName: 'Edge_8wekyb',
    },
  })
  await stores.inventory.apply(server, delta({ upserts: [folder] }), 20_000)
  return stores
}

const all = ['setup_v1.EXE', '100%.docx', 'setupXv1.exe', '.profile', 'a\\b']
const text = (field: TextField, pattern: string): Query => ({ kind: 'text', field, pattern })

/** The file names of what matches, in the order of `all`: which order a page has is for its plan to say. */
async function found(
  stores: Stores,
  query: Query,
  presence: 'live' | 'any' = 'live',
): Promise<string[]> {
  const { inventory } = stores
  const { streams } = await inventory.page({ query, presence }, { limit: 100 })
  expect((await inventory.count({ query, presence })).total).toBe(streams.length)
  expect((await inventory.facets({ query, presence })).total).toBe(streams.length)
  const names = streams.map(({ path }) => all.find((name) => path.endsWith(name)) ?? path)
  return names.sort((a, b) => all.indexOf(a) - all.indexOf(b))
}

describe('text', () => {
  const cases: [TextField, string, string[]][] = [
    ['any', 'ann', ['setup_v1.EXE', '100%.docx']],
    ['any', 'PAY', ['setupXv1.exe']],
    ['any', '*load', ['setupXv1.exe']],
    ['machine', 'pc-1', all.slice(0, 4)],
    ['machine', 'pc', []],
    ['machine', 'file*', ['a\\b']],
    ['path', 'users\\\\bob', ['setupXv1.exe', '.profile']],
    ['path', 'c:\\\\*.exe', ['setup_v1.EXE', 'setupXv1.exe']],
    ['dir', 'ann', ['setup_v1.EXE', '100%.docx']],
    ['dir', 'setup', []],
    ['dir', '*\\\\bob', ['setupXv1.exe', '.profile']],
    ['dir', '/srv/share', ['a\\b']],
    ['name', 'setup_v1.exe', ['setup_v1.EXE']],
    ['name', 'setup?v1.exe', ['setup_v1.EXE', 'setupXv1.exe']],
    ['name', 'a\\\\b', ['a\\b']],
    ['name', 'b', []],
    ['ext', 'exe', ['setup_v1.EXE', 'setupXv1.exe']],
    ['ext', 'e*', ['setup_v1.EXE', 'setupXv1.exe']],
    ['ext', '', ['.profile', 'a\\b']],
    ['stream', 'zone.identifier', ['setup_v1.EXE', '100%.docx', '.profile', 'a\\b']],
    ['stream', 'zone', []],
    ['host', 'cdn.example.com', ['setup_v1.EXE', '.profile']],
    ['host', '*.example.*', ['setup_v1.EXE', '.profile', 'a\\b']],
    ['host', 'files.example.org', ['a\\b']],
    ['referrer', 'example.com/DOWN', ['setup_v1.EXE', '100%.docx', '.profile', 'a\\b']],
    ['writer', 'edge', ['a\\b']],
    ['verdict', 'suspicious', ['setupXv1.exe']],
    ['rule', 'none', ['.profile']],
    ['sha256', 'B'.repeat(64), ['a\\b']],
    ['sha256', 'a', []],
    ['kind', 'directory', ['a\\b']],
    ['volume', 'fs-ab', ['a\\b']],
  ]

  it('of every field finds what it should, without regard to ASCII case', async () => {
    const stores = await fleet()
    for (const [field, pattern, names] of cases) {
      expect([field, pattern, await found(stores, text(field, pattern))]).toEqual([
        field,
        pattern,
        names,
      ])
    }
    const machine = stores.machines.page({ limit: 1 }).machines[0]!.machineId
    expect(await found(stores, text('machine', machine))).toEqual(['a\\b'])
  })

  it('takes the wildcards of SQL as the letters that they are', async () => {
    const stores = await fleet()
    expect(await found(stores, text('path', '100%'))).toEqual(['100%.docx'])
    expect(await found(stores, text('path', '%'))).toEqual(['100%.docx'])
    expect(await found(stores, text('path', 'setup_v'))).toEqual(['setup_v1.EXE'])
    expect(await found(stores, text('name', '*_v1.exe'))).toEqual(['setup_v1.EXE'])
    expect(await found(stores, text('stream', 'pay_*'))).toEqual(['setupXv1.exe'])
    expect(await found(stores, text('name', 'setup[_]v1.exe'))).toEqual([])
    expect(await found(stores, text('path', '\\*'))).toEqual([])
  })

  it('is found behind a NUL and beside unpaired surrogates', async () => {
    const stores = await openTestStores()
    const path = 'C:\\x\0hidden\ud800.exe'
    const upserts = [file(path, { stream: 'a\0payload' })]
    await stores.inventory.apply(await addMachine(stores, 'PC'), delta({ upserts }), 1)
    for (const query of [text('path', 'hidden'), text('ext', 'exe'), text('stream', '*payload')]) {
      expect(await found(stores, query)).toEqual([path])
    }
    expect(await found(stores, text('name', 'x\0hidden\ud800.exe'))).toEqual([path])
  })

  it('is never SQL, whatever it holds', async () => {
    const stores = await fleet()
    const attempts = [
      `' OR 1=1 --`,
      `x') OR 1 --`,
      `"; DROP TABLE stream; --`,
      `*' ESCAPE '*`,
      `\\`,
      `?1`,
      `@x`,
      `\0`,
    ]
    for (const attempt of attempts) {
      for (const field of new Set(cases.map(([name]) => name))) {
        await found(stores, text(field, attempt))
      }
      expect(await found(stores, text('verdict', attempt))).toEqual([])
    }
    expect(await found(stores, { kind: 'all' })).toEqual(all)
  })
})

describe('the other conditions', () => {
  const number = (field: 'zone' | 'size', min: number | null, max: number | null): Query => ({
    kind: 'number',
    field,
    min,
    max,
  })

  it('on numbers include their bounds', async () => {
    const stores = await fleet()
    expect(await found(stores, number('zone', 3, 3))).toEqual(['setup_v1.EXE', '.profile', 'a\\b'])
    expect(await found(stores, number('zone', null, 2))).toEqual(['100%.docx'])
    expect(await found(stores, number('zone', null, null))).toEqual([
      'setup_v1.EXE',
      '100%.docx',
      '.profile',
      'a\\b',
    ])
    expect(await found(stores, number('size', 10, 20))).toEqual(['setup_v1.EXE', '100%.docx'])
    expect(await found(stores, number('size', 121, null))).toEqual([])
    expect(await found(stores, { kind: 'zone-absent' })).toEqual(['setupXv1.exe'])
  })

  it('on time know first seen, last seen and gone', async () => {
    const stores = await fleet()
    const time = (
      field: 'first' | 'seen' | 'gone',
      from: number | null,
      to: number | null,
    ): Query => ({
      kind: 'time',
      field,
      from,
      to,
    })
    const { streams } = await stores.inventory.page(
      { query: text('name', '.profile'), presence: 'live' },
      { limit: 1 },
    )
    const { machineId, volumeId, identity, stream: name } = streams[0]!
    await stores.inventory.apply(
      machineId,
      delta({ gone: [{ volumeId, identity, stream: name }] }),
      30_000,
    )
    const again = file('C:\\Users\\Ann\\setup_v1.EXE', { sizeBytes: 11 })
    await stores.inventory.apply(machineId, delta({ upserts: [again] }), 40_000)
    expect(await found(stores, time('first', null, 10_000))).toEqual([
      'setup_v1.EXE',
      '100%.docx',
      'setupXv1.exe',
    ])
    expect(await found(stores, time('first', 10_001, null))).toEqual(['a\\b'])
    expect(await found(stores, time('gone', 30_000, 30_000))).toEqual(['.profile'])
    expect(await found(stores, { kind: 'and', items: [time('gone', null, null)] })).toEqual([
      '.profile',
    ])
    expect(await found(stores, time('seen', 15_000, null), 'any')).toEqual(['setup_v1.EXE', 'a\\b'])
    expect(await found(stores, time('seen', null, 15_000), 'any')).toEqual([
      '100%.docx',
      'setupXv1.exe',
      '.profile',
    ])
  })

  it('combine, and NOT keeps what has no value at all', async () => {
    const stores = await fleet()
    const host = text('host', 'cdn.example.com')
    const not = (item: Query): Query => ({ kind: 'not', item })
    expect(await found(stores, not(host))).toEqual(['100%.docx', 'setupXv1.exe', 'a\\b'])
    expect(await found(stores, not(not(host)))).toEqual(['setup_v1.EXE', '.profile'])
    expect(await found(stores, not(number('zone', 0, 0)))).toEqual(
      all.filter((name) => name !== '100%.docx'),
    )
    const items = [text('ext', 'exe'), host]
    expect(await found(stores, { kind: 'and', items })).toEqual(['setup_v1.EXE'])
    expect(await found(stores, { kind: 'or', items })).toEqual([
      'setup_v1.EXE',
      'setupXv1.exe',
      '.profile',
    ])
    expect(await found(stores, not({ kind: 'or', items }))).toEqual(['100%.docx', 'a\\b'])
    expect(await found(stores, { kind: 'and', items: [] })).toEqual(all)
    expect(await found(stores, { kind: 'or', items: [] })).toEqual([])
    expect(await found(stores, { kind: 'all' })).toEqual(all)
  })

  it('may not be so many that SQLite gives up', async () => {
    const stores = await fleet()
    const items = (count: number): Query => ({
      kind: 'or',
      items: Array(count).fill(text('any', '*xv*')),
    })
    expect(await found(stores, items(399))).toEqual(['setupXv1.exe'])
    await expect(found(stores, items(400))).rejects.toThrow(QueryError)
  })
})

describe('patterns', () => {
  it('match as a plain glob matcher says they do', async () => {
    const stores = await openTestStores()
    const machineId = await addMachine(stores, 'PC')
    const letters = fc.constantFrom(
      'a',
      'A',
      'b',
      '%',
      '_',
      '\\',
      '*',
      '?',
      "'",
      '.',
      'é',
      'É',
      '\ud83d\ude00',
    )
    const words = fc.array(letters, { minLength: 1, maxLength: 6 }).map((each) => each.join(''))
    await fc.assert(
      fc.asyncProperty(words, words, async (name, pattern) => {
        const upserts = [stream({ stream: name })]
        await stores.inventory.apply(
          machineId,
          delta({ upserts, resync: { id: name, isLast: true, buckets: null } }),
          1,
        )
        const query = text('stream', pattern)
        const isFound = (await stores.inventory.count({ query, presence: 'live' })).total === 1
        expect([name, pattern, isFound]).toEqual([name, pattern, globMatches(pattern, name)])
      }),
      { numRuns: 300 },
    )
  })
})

/** The meaning of a pattern, written another way: as a regular expression. */
function globMatches(pattern: string, value: string): boolean {
  const source = [...pattern.matchAll(/\\(.)|([*?])|(.)/gsu)].map(([whole, escaped, wildcard]) => {
    if (wildcard !== undefined) return wildcard === '*' ? '.*' : '.'
    return RegExp.escape(lower(escaped ?? whole))
  })
  return new RegExp(`^${source.join('')}$`, 'su').test(lower(value))
}

function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
