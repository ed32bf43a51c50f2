import { describe, expect, it } from 'vitest'
import { choiceFrom, hiddenColumns, toggleColumn } from '../../../web/model/column-choice.ts'

describe('the choice of columns', () => {
  it('hides a column of one table only, and shows it again', () => {
    toggleColumn('streams', 'zone')
    expect([...hiddenColumns('streams')]).toEqual(['zone'])
    expect([...hiddenColumns('machines')]).toEqual([])
    toggleColumn('streams', 'zone')
    expect([...hiddenColumns('streams')]).toEqual([])
  })

  it.each([null, '', '{', '7', 'null', '[1]', '{"streams":7}', '{"streams":[{}]}'])(
    'is none where %s is kept',
    (text) => expect(choiceFrom(text)).toEqual({}),
  )
})
