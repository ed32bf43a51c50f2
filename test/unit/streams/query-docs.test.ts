import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type FieldInfo, fields } from '../../../server/streams/query/fields.ts'

const README = new URL('../../../server/streams/query/README.md', import.meta.url)

const matchOf = (field: FieldInfo): string => {
  if (field.type !== 'text') return field.type
  const values = field.values === undefined ? '' : `: ${field.values.join(', ')}`
  return `${field.match}${values}`
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

const table = [
  row(['field', 'is', 'compares', 'for example']),
  row(['---', '---', '---', '---']),
  ...fields.map((field) =>
    row([`\`${field.name}:\``, field.description, matchOf(field), `\`${field.example}\``]),
  ),
].join('\n')

it('has every field in the README, as the parser knows it', () => {
  const text = readFileSync(README, 'utf8')
  const written = /<!-- fields -->\n([\s\S]*?)\n\n/.exec(`${text}\n\n`)?.[1]
  expect(written).toBe(table)
})
