import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { displayName } from '../../../server/streams/display-name.ts'

/** UTF-16 units of every kind, with those that our escapes are made of more often than chance. */
const anyName = fc
  .array(
    fc.oneof(
      fc.constantFrom('\\', 'u', '005c', '202e', ' ', '\u202e'),
      fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
    ),
  )
  .map((parts) => parts.join(''))

const undo = (shown: string) =>
  shown.replace(/\\u([0-9a-f]{4})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )

describe('displayName', () => {
  it.each([
    ['Zone.Identifier', 'Zone.Identifier'],
    ['gpj.\u202eexe', 'gpj.\\u202eexe'],
    ['\x05SummaryInformation', '\\u0005SummaryInformation'],
    ['a\x1b[31mred', 'a\\u001b[31mred'],
    ['two\nlines\r\t', 'two\\u000alines\\u000d\\u0009'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['lone \ud800 half', 'lone \\ud800 half'],
    ['pair \u{1f600}', 'pair \u{1f600}'],
    ['tag \u{e0041}', 'tag \\udb40\\udc41'],
    ['no\u00a0break', 'no\\u00a0break'],
    ['filler\u3164', 'filler\\u3164'],
    ['ends with a blank ', 'ends with a blank\\u0020'],
    ['Ünïcode 日本語', 'Ünïcode 日本語'],
    ['C:\\Users\\bob', 'C:\\Users\\bob'],
    ['C:\\u202e', 'C:\\u005cu202e'],
    ['', ''],
  ])('shows %j as %s', (name, shown) => {
    expect(displayName(name)).toBe(shown)
  })

  it('makes different names look different: undoing the escapes gives the name back', () => {
    const property = fc.property(anyName, (name) => {
      expect(undo(displayName(name))).toBe(name)
    })
    fc.assert(property, { numRuns: 5_000 })
  })

  it('leaves nothing that a terminal would act on', () => {
    const property = fc.property(anyName, (name) => {
      expect(displayName(name)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    })
    fc.assert(property, { numRuns: 5_000 })
  })
})
