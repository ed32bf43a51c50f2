import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../../server/streams/query/parse-query.ts'
import { typingAt } from '../../../server/streams/query/typing.ts'
import { exactTerm } from '../../../server/streams/query/write-term.ts'

/** `|` is the cursor. The answer as `what:prefix` and the text with what is replaced in brackets. */
function typing(marked: string): string[] {
  const position = marked.indexOf('|')
  const text = marked.replace('|', '')
  const found = typingAt(text, position)
  if (found.kind === 'nothing') return ['nothing']
  const what = found.kind === 'field' ? 'field' : found.field.name
  const { from, to } = found
  return [
    `${what}=${found.prefix}`,
    `${text.slice(0, from)}[${text.slice(from, to)}]${text.slice(to)}`,
  ]
}

describe('what is being written at the cursor', () => {
  it.each([
    ['|', 'field=', '[]'],
    ['ho|', 'field=ho', '[ho]'],
    ['ho|st zone:3', 'field=ho', '[host] zone:3'],
    ['zone:3 -ex|', 'field=ex', 'zone:3 -[ex]'],
    ['zone:3 |', 'field=', 'zone:3 []'],
    ['(a OR v|', 'field=v', '(a OR [v]'],
    ['host:|', 'host=', 'host:[]'],
    ['host:exa|mple zone:3', 'host=exa', 'host:[example] zone:3'],
    ['EXT:e|', 'ext=e', 'EXT:[e]'],
    ['stream:"Zone.I|', 'stream=Zone.I', 'stream:["Zone.I]'],
    ['stream:"Zone I|dent" ext:exe', 'stream=Zone I', 'stream:["Zone Ident"] ext:exe'],
    ['ext:(exe OR d|', 'ext=d', 'ext:(exe OR [d]'],
    ['ext:(exe OR |', 'ext=', 'ext:(exe OR []'],
    ['ext:(exe) d|', 'field=d', 'ext:(exe) [d]'],
    ['name:a\\*b|', 'name=a*b', 'name:[a\\*b]'],
  ])('is understood in %s', (marked, what, replaced) => {
    expect(typing(marked)).toEqual([what, replaced])
  })

  it.each(['host:*.exa|', 'hots:x|', 'stream:"done"|'])(
    'is nothing to complete in %s',
    (marked) => {
      expect(typing(marked)).toEqual(['nothing'])
    },
  )

  it('lies within the text, whatever that is', () => {
    const piece = fc.constantFrom('host:', '"', '(', ')', ' ', '\\', '*', 'OR', '-', 'a', 'ext:(')
    const texts = fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 3 })))
    fc.assert(
      fc.property(texts, fc.nat(), (parts, anywhere) => {
        const text = parts.join('')
        const position = anywhere % (text.length + 1)
        const found = typingAt(text, position)
        if (found.kind === 'nothing') return
        expect(found.from <= position && position <= found.to && found.to <= text.length).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })
})

it('writes any value so that exactly this value is found', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), (value) => {
      const pattern = value.replace(/[*?\\]/g, '\\$&')
      expect(parseQuery(exactTerm('stream', value), 0)).toEqual({
        kind: 'text',
        field: 'stream',
        pattern,
      })
    }),
    { numRuns: 2_000 },
  )
})
