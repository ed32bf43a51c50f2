import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Query, QueryError } from '../../../server/streams/query/ast.ts'
import { fields } from '../../../server/streams/query/fields.ts'
import { parseQuery } from '../../../server/streams/query/parse-query.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const DAY = 86_400_000
const parse = (text: string) => parseQuery(text, NOW)
const text = (field: string, pattern: string) => ({ kind: 'text', field, pattern }) as Query
const any = (pattern: string) => text('any', pattern)

describe('parseQuery', () => {
  it.each([
    ['', { kind: 'all' }],
    [' \t\n', { kind: 'all' }],
    ['setup', any('setup')],
    ['"user data"', any('user data')],
    ['a b', { kind: 'and', items: [any('a'), any('b')] }],
    ['a AND b', { kind: 'and', items: [any('a'), any('b')] }],
    ['a b OR c', { kind: 'or', items: [{ kind: 'and', items: [any('a'), any('b')] }, any('c')] }],
    ['a (b OR c)', { kind: 'and', items: [any('a'), { kind: 'or', items: [any('b'), any('c')] }] }],
    ['-a', { kind: 'not', item: any('a') }],
    ['NOT -a', any('a')],
    ['NOT(a)', { kind: 'not', item: any('a') }],
    ['a-b', any('a-b')],
    ['ANDROID', any('ANDROID')],
    ['"OR"', any('OR')],
    ['ext:.EXE', text('ext', 'EXE')],
    ['EXT:exe', text('ext', 'exe')],
    ['ext:(exe OR dll)', { kind: 'or', items: [text('ext', 'exe'), text('ext', 'dll')] }],
    ['host:*.example.com', text('host', '*.example.com')],
    ['label:finance', text('label', 'finance')],
    ['stream:-x', text('stream', '-x')],
    ['stream:AND', text('stream', 'AND')],
    ['name:"a b*.exe"', text('name', 'a b*.exe')],
    ['name:[old].exe', text('name', '[old].exe')],
    ['name:a**b', text('name', 'a*b')],
  ] as [string, Query][])('understands %j', (query, expected) => {
    expect(parse(query)).toEqual(expected)
  })

  it.each([
    ['path:C:\\Users\\bob', text('path', 'C:\\\\Users\\\\bob')],
    ['C:\\Users', any('C:\\\\Users')],
    ['path:C:\\Users\\*\\Downloads', text('path', 'C:\\\\Users\\\\*\\\\Downloads')],
    ['path:"C:\\Program Files (x86)"', text('path', 'C:\\\\Program Files (x86)')],
    ['path:\\\\server\\share', text('path', '\\\\server\\\\share')],
    ['path:C:\\', text('path', 'C:\\\\')],
    ['stream:\\*', text('stream', '\\*')],
    ['stream:a\\?b', text('stream', 'a\\?b')],
    ['stream:\\"x\\(\\)', text('stream', '"x()')],
    ['name:a\\b', text('name', 'a\\\\b')],
  ] as [string, Query][])('takes the backslash of %s as people mean it', (query, expected) => {
    expect(parse(query)).toEqual(expected)
  })

  it.each([
    ['zone:3', 3, 3],
    ['zone:>=3', 3, null],
    ['zone:<3', null, 2],
    ['zone:-1', -1, -1],
    ['zone:3..4', 3, 4],
    ['size:>64kb', 65_537, null],
    ['size:>=64KiB', 65_536, null],
    ['size:<1k', null, 1_023],
    ['size:<=1.5kb', null, 1_536],
    ['size:0', 0, 0],
    ['size:1mb..2mb', 1_048_576, 2_097_152],
    ['size:[1mb TO 2mb]', 1_048_576, 2_097_152],
    ['size:1gb..', 1_073_741_824, null],
    ['size:[* TO 10]', null, 10],
  ])('reads the number of %s', (query, min, max) => {
    expect(parse(query)).toEqual({ kind: 'number', field: query.slice(0, 4), min, max })
  })

  it('tells no zone from any zone', () => {
    expect(parse('zone:none')).toEqual({ kind: 'zone-absent' })
    expect(parse('zone:*')).toEqual({ kind: 'not', item: { kind: 'zone-absent' } })
  })

  it.each([
    ['first:<7d', NOW - 7 * DAY, null],
    ['seen:>30d', null, NOW - 30 * DAY],
    ['seen:<90m', NOW - 90 * 60_000, null],
    ['seen:1d..7d', NOW - 7 * DAY, NOW - DAY],
    ['first:2026-11-01', Date.UTC(2026, 10, 1), Date.UTC(2026, 10, 2) - 1],
    ['first:2026-11-01..2026-11-15', Date.UTC(2026, 10, 1), Date.UTC(2026, 10, 16) - 1],
    ['first:[2026-11-01 TO *]', Date.UTC(2026, 10, 1), null],
    ['first:>2026-11-01', Date.UTC(2026, 10, 2), null],
    ['first:<2026-11-01', null, Date.UTC(2026, 10, 1) - 1],
    ['first:>=2026-11-01T08:30', Date.UTC(2026, 10, 1, 8, 30), null],
    ['gone:*', null, NOW],
    ['gone:<1d', NOW - DAY, null],
  ])('reads the time of %s', (query, from, to) => {
    expect(parse(query)).toEqual({
      kind: 'time',
      field: query.slice(0, query.indexOf(':')),
      from,
      to,
    })
  })

  it.each([
    ['a zon:3', 2, 4, 'did you mean zone:?'],
    ['strem:x', 0, 6, 'did you mean stream:?'],
    ['http://a/', 0, 5, 'put text with a colon in quotes'],
    ['setup.exe:Zone.Identifier', 0, 10, 'name:FILE stream:STREAM'],
    ['a -content:"x"', 3, 8, 'ask the machines with a live query'],
    ['zone: 3', 0, 5, 'right after the colon'],
    ['zone:', 0, 5, 'right after the colon'],
    ['zone:three', 5, 5, 'a zone is 0 (this PC)'],
    ['zone:99999999999', 5, 11, 'a zone is 0 (this PC)'],
    ['size:big', 5, 3, 'a size is written as'],
    ['size:2mb..1mb', 5, 8, 'the smaller size comes first'],
    ['size:..', 5, 2, 'a size is written as'],
    ['size:[1 2', 5, 2, 'a size is written as'],
    ['first:7d', 6, 2, 'say younger or older'],
    ['first:2026-02-30', 6, 10, 'a time is written as'],
    ['first:2026-11-15..2026-11-01', 6, 22, 'the earlier time comes first'],
    ['verdict:suspicous', 8, 9, 'did you mean suspicious?'],
    ['kind:folder', 5, 6, 'takes file, directory'],
    ['sha256:9f86', 7, 4, 'end its beginning with *'],
    ['name:""', 5, 2, 'nothing to look for'],
    ['(a b', 0, 1, 'never closed'],
    ['a) b', 1, 1, 'no parenthesis was opened'],
    ['a ()', 3, 1, 'nothing between the parentheses'],
    ['a OR', 2, 2, 'must follow OR'],
    ['a OR OR b', 2, 2, 'must follow OR'],
    ['AND b', 0, 3, 'must come before AND'],
    ['NOT', 0, 3, 'must follow NOT'],
    ['exe or dll', 4, 2, 'write OR in capitals'],
    ['a "b', 2, 1, 'never closed'],
    ['path:"C:\\a\\"', 5, 1, 'before a closing quote'],
    ['ext:(a name:b)', 7, 5, 'cannot stand inside the group'],
    ['name:a*b*c*d*e*f*g*h*i*j', 5, 19, '8 asterisks at most'],
    ['x'.repeat(4_097), 4_096, 1, '4096 characters'],
    ['('.repeat(65), 64, 1, '64 deep'],
    ['a '.repeat(257), 512, 1, '256 conditions'],
  ])('points at the fault of %j', (query, position, length, message) => {
    const error = catchError(() => parse(query))
    expect(error).toBeInstanceOf(QueryError)
    expect(error).toMatchObject({ position, length, message: expect.stringContaining(message) })
  })

  it('parses the deepest nesting and the longest chain of NOT', () => {
    expect(parse(`${'('.repeat(64)}a${')'.repeat(64)}`)).toEqual(any('a'))
    expect(parse(`${'-'.repeat(4_094)}a`)).toEqual(any('a'))
  })

  it('parses the example of every field', () => {
    for (const { example } of fields) {
      expect(() => parseQuery(example, NOW, 'machines')).not.toThrow()
    }
  })

  it('throws nothing but a QueryError that lies within the text', () => {
    const pieces = fc.constantFrom(
      '(',
      ')',
      '"',
      '\\',
      '-',
      ' ',
      'AND',
      'OR',
      'NOT',
      '..',
      '[',
      ']',
      ' TO ',
      '<',
      '>=',
      '*',
      '?',
      'a',
      '7d',
      '64kb',
      '2026-11-01',
      ...fields.map((field) => `${field.name}:`),
    )
    const texts = fc.array(
      fc.oneof({ weight: 4, arbitrary: pieces }, fc.string({ unit: 'binary', maxLength: 4 })),
    )
    fc.assert(
      fc.property(texts, (parts) => {
        const query = parts.join('')
        const error = catchError(() => parse(query))
        if (error === undefined) return
        expect(error).toBeInstanceOf(QueryError)
        const { position, length } = error as QueryError
        expect(position >= 0 && length >= 0 && position + length <= query.length).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  it('finds any stream name by its quoted and escaped text', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(name, (value) => {
        const quoted = value.replace(/[*?\\"():]/g, '\\$&')
        expect(parse(`stream:"${quoted}"`)).toEqual(
          text('stream', value.replace(/[*?\\]/g, '\\$&')),
        )
      }),
      { numRuns: 2_000 },
    )
  })
})

function catchError(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}
