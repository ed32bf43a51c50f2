import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../../server/streams/query/parse-query.ts'
import { exactTerm } from '../../../server/streams/query/write-term.ts'
import { faultOf, markedAt } from '../../../web/model/query-fault.ts'
import { hasTerm, streamsUrl, toggledTerm } from '../../../web/model/query-text.ts'

const HOSTILE = [
  'plain',
  'two words',
  'a"b',
  'back\\slash',
  'star*and?mark',
  '(x) OR y',
  '-minus',
  'AND',
  'a:b',
  '<script>',
  'שלום',
]

describe('a refinement', () => {
  it.each(HOSTILE)('finds exactly the stream name %j', (value) => {
    const parsed = parseQuery(exactTerm('stream', value), 0)
    const pattern = value.replace(/[*?\\]/g, '\\$&')
    expect(parsed).toEqual({ kind: 'text', field: 'stream', pattern })
  })

  it('is added to an empty query and to one with terms', () => {
    expect(toggledTerm('', 'zone:3')).toBe('zone:3')
    expect(toggledTerm('setup ext:exe', 'zone:3')).toBe('setup ext:exe zone:3')
  })

  it('goes where it stands already, along with an AND', () => {
    expect(toggledTerm('setup AND zone:3', 'zone:3')).toBe('setup')
    expect(toggledTerm('stream:"a b" zone:3', 'stream:"a b"')).toBe('zone:3')
  })

  it('replaces its own opposite', () => {
    expect(toggledTerm('-zone:3 setup', 'zone:3')).toBe('setup zone:3')
    expect(toggledTerm('zone:3 setup', '-zone:3')).toBe('setup -zone:3')
  })

  it('holds for the whole of an OR, not for its last term', () => {
    const refined = toggledTerm('ext:exe OR ext:msi', 'zone:3')
    expect(refined).toBe('(ext:exe OR ext:msi) zone:3')
    expect(parseQuery(refined, 0)).toMatchObject({ kind: 'and' })
  })

  it('is on only where everything found meets it', () => {
    expect(hasTerm('zone:3 ext:exe', 'zone:3')).toBe(true)
    expect(hasTerm('zone:3 OR ext:exe', 'zone:3')).toBe(false)
    expect(hasTerm('(zone:3 OR x) ext:exe', 'zone:3')).toBe(false)
    expect(hasTerm('name:"zone:3 x"', 'zone:3')).toBe(false)
  })

  it('has an address that gives the query back', () => {
    const url = new URL(streamsUrl('host:"a&b=c#d" +x', true), 'http://central')
    expect(url.searchParams.get('q')).toBe('host:"a&b=c#d" +x')
    expect(url.searchParams.get('gone')).toBe('true')
    expect(streamsUrl('')).toBe('/streams')
  })
})

describe('the mark of a query error', () => {
  const mark = (text: string, details: unknown) => markedAt(text, faultOf('no', details, text))

  it('stands at the characters that the error names', () => {
    expect(mark('ext:exe hots:x', { position: 8, length: 5 })).toEqual({
      before: 'ext:exe ',
      fault: 'hots:',
      after: 'x',
    })
  })

  it('can be seen after the last character, and where the answer makes no sense', () => {
    expect(mark('zone:', { position: 5, length: 0 }).fault).toBe('\u00a0')
    expect(mark('ab', { position: 99, length: 99 })).toEqual({
      before: 'ab',
      fault: '\u00a0',
      after: '',
    })
    expect(mark('ab', undefined)).toEqual({ before: '', fault: 'a', after: 'b' })
  })
})
