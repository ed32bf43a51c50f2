/** test/native/README.md lists what a reader of NTFS must get right, and which test holds it: each must exist. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ROW = /^\| (\d+) \| (.+?) \| (?:`(\S+)` "(.+)"|refused: (.{20,})) \|$/
const PITFALLS = 41

const rows = readFileSync('test/native/README.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => ({ line, fields: ROW.exec(line) }))

describe('the table of pitfalls', () => {
  it('has every one, each with a test or a stated refusal', () => {
    expect(rows.filter(({ fields }) => fields === null).map(({ line }) => line)).toEqual([])
    expect(rows.map(({ fields }) => Number(fields?.[1]))).toEqual(
      Array.from({ length: PITFALLS }, (_, index) => index + 1),
    )
  })

  it('names no test that is not there', () => {
    const lies = rows.filter(({ fields }) => {
      const [, , , file, title] = fields ?? []
      if (file === undefined || title === undefined) return false
      return !existsSync(file) || !hasTest(readFileSync(file, 'utf8'), title)
    })
    expect(lies.map(({ line }) => line)).toEqual([])
  })
})

/** As a title stands in the source: in quotes of either kind, the other kind escaped in neither. */
function hasTest(source: string, title: string): boolean {
  return [`TEST("${title}")`, `'${title}'`].some((written) => source.includes(written))
}
