import { describe, expect, it } from 'vitest'
import {
  allOf,
  countMissing,
  extendedTo,
  NOTHING,
  type Selection,
  toggled,
} from '../../../web/model/selection.ts'

const ids = (selection: Selection) => [...selection.ids].sort((a, b) => a - b)
const shown = [90, 80, 70, 60, 50, 40]

describe('choosing streams', () => {
  it('toggles one, and remembers it as where a range begins', () => {
    const once = toggled(NOTHING, 70)
    expect(ids(once)).toEqual([70])
    expect(once.anchor).toBe(70)
    expect(ids(toggled(once, 70))).toEqual([])
  })

  it('extends a range downwards and upwards in the order shown, both ends included', () => {
    expect(ids(extendedTo(toggled(NOTHING, 80), shown, 50))).toEqual([50, 60, 70, 80])
    expect(ids(extendedTo(toggled(NOTHING, 50), shown, 80))).toEqual([50, 60, 70, 80])
  })

  it('extends again from the same anchor', () => {
    const first = extendedTo(toggled(NOTHING, 80), shown, 70)
    expect(ids(extendedTo(first, shown, 90))).toEqual([70, 80, 90])
  })

  it('keeps what was chosen before a range', () => {
    const before = toggled(toggled(NOTHING, 40), 80)
    expect(ids(extendedTo(before, shown, 70))).toEqual([40, 70, 80])
  })

  it('chooses only the one where the anchor is not shown any more: never a guessed range', () => {
    expect(ids(extendedTo(toggled(NOTHING, 999), shown, 60))).toEqual([60, 999])
    expect(ids(extendedTo(NOTHING, shown, 60))).toEqual([60])
  })

  it('begins a range where the keyboard stands, if that is not chosen yet', () => {
    expect(ids(extendedTo(NOTHING, shown, 70, 80))).toEqual([70, 80])
    expect(ids(extendedTo(toggled(NOTHING, 90), shown, 50, 60))).toEqual([50, 60, 90])
    expect(ids(extendedTo(toggled(NOTHING, 90), shown, 70, 90))).toEqual([70, 80, 90])
  })

  it('takes no more than an order can name', () => {
    expect(ids(allOf(shown, 2))).toEqual([80, 90])
  })

  it('counts what is chosen but no longer listed', () => {
    expect(countMissing(allOf([90, 80, 7], 10), new Set(shown))).toBe(1)
  })
})
