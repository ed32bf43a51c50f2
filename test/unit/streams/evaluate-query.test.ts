import { describe, expect, it } from 'vitest'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import {
  asksFor,
  type QueriedStream,
  queryMatcher,
} from '../../../server/streams/query/evaluate-query.ts'
import { textMatcher } from '../../../server/streams/query/glob-match.ts'
import { parseQuery } from '../../../server/streams/query/parse-query.ts'
import { stream } from '../../integration/central/test-agent.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const DAY = 86_400_000

function subject(
  changes: Partial<ReportedStream> = {},
  more: Partial<QueriedStream> = {},
): QueriedStream {
  return {
    stream: stream(changes),
    machineId: '11111111-1111-4111-8111-111111111111',
    hostname: 'PC-1',
    labels: [],
    firstSeenAt: NOW - 3 * DAY,
    lastSeenAt: NOW,
    goneAt: null,
    content: null,
    ...more,
  }
}

const isFound = (text: string, of: QueriedStream = subject()) =>
  queryMatcher(parseQuery(text, NOW))(of)

describe('content:, which only machines can answer', () => {
  const having = (bytes: Buffer) =>
    queryMatcher(parseQuery('content:PowerShell', NOW, 'machines'))(subject({}, { content: bytes }))

  it('finds text in UTF-8 and in UTF-16, in any case, and nothing where nothing was read', () => {
    expect(having(Buffer.from('x powershell -enc'))).toBe(true)
    expect(having(Buffer.from('x PowerShell -enc', 'utf16le'))).toBe(true)
    expect(having(Buffer.from('cmd /c'))).toBe(false)
    expect(queryMatcher(parseQuery('content:x', NOW, 'machines'))(subject())).toBe(false)
  })
})

describe('a query, evaluated in memory', () => {
  // The subject is C:\Downloads\setup.exe with a mark of zone 3 from cdn.example.com, 120 bytes.
  it.each([
    '',
    'setup',
    'ZONE.ident',
    'name:setup.exe',
    'name:s*p.???',
    'dir:downloads',
    'path:C:\\Downloads\\*',
    'ext:EXE',
    'host:*.example.com',
    'referrer:example',
    'stream:zone.identifier',
    'zone:3',
    'zone:>=2',
    'zone:*',
    'size:100..200',
    'kind:file',
    'machine:pc-1',
    'machine:11111111*',
    'verdict:mark',
    'first:<7d',
    'seen:<1h',
    '-gone:*',
    '-writer:*',
    'zone:3 (ext:dll OR ext:exe)',
  ])('finds the stream by %s', (text) => expect(isFound(text)).toBe(true))

  it.each([
    'name:setup',
    'name:?etup',
    'dir:setup',
    'host:example.com',
    'zone:none',
    'zone:4',
    'size:>120',
    'kind:directory',
    'first:<1d',
    'gone:*',
    'writer:*',
    'ext:exe -zone:3',
    'zone:3 ext:dll',
  ])('does not find it by %s', (text) => expect(isFound(text)).toBe(false))

  it('counts what has no value as not matching, and so as matching the negation', () => {
    const unmarked = subject({ origin: null, sha256: null })
    for (const field of ['zone:0..5', 'host:*', 'referrer:*', 'sha256:a*']) {
      expect([field, isFound(field, unmarked)]).toEqual([field, false])
      expect([field, isFound(`NOT ${field}`, unmarked)]).toEqual([field, true])
    }
    expect(isFound('zone:none', unmarked)).toBe(true)
  })

  it('knows nothing of a time that nobody has told', () => {
    const live = subject({}, { firstSeenAt: null })
    expect(isFound('first:<100y', live)).toBe(false)
    expect(isFound('-first:<100y', live)).toBe(true)
  })

  it('takes a backslash for a separator only in Windows paths', () => {
    const posix = subject({ path: '/srv/share/a\\b.exe' })
    expect(isFound('name:a\\b.exe', posix)).toBe(true)
    expect(isFound('dir:/srv/share', posix)).toBe(true)
  })

  it('folds only ASCII letters, and sees a broken surrogate as U+FFFD, like central’s SQL', () => {
    expect(isFound('name:ÄRGER.exe', subject({ path: 'C:\\ärger.exe' }))).toBe(false)
    expect(isFound('name:a?.exe', subject({ path: 'C:\\a\ud800.exe' }))).toBe(true)
    expect(isFound('name:a?.exe', subject({ path: 'C:\\a😀.exe' }))).toBe(true)
  })
})

describe('a pattern', () => {
  it('takes what a backslash precedes as it is', () => {
    expect(textMatcher('100\\*', false)('100*')).toBe(true)
    expect(textMatcher('100\\*', false)('1000')).toBe(false)
  })

  it('costs no time that grows out of hand, whatever it is', () => {
    const startedAt = performance.now()
    expect(textMatcher('*a*a*a*a*a*a*a*b', false)('a'.repeat(30_000))).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})

describe('what a query asks for', () => {
  it('is found inside groups and negations', () => {
    const query = parseQuery('zone:3 -(ext:exe OR first:<7d)', NOW)
    expect(asksFor(query, 'first')).toBe(true)
    expect(asksFor(query, 'ext')).toBe(true)
    expect(asksFor(query, 'gone')).toBe(false)
    expect(asksFor(parseQuery('zone:none', NOW), 'zone')).toBe(true)
  })
})
