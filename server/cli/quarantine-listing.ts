import type { QuarantinedStream, QuarantinePage } from '../protocol/quarantine.ts'
import { displayName } from '../streams/display-name.ts'
import { counted, humanSize } from './human.ts'
import { plainTable, renderPlain } from './plain-table.ts'

/** NDJSON is exact and has the ids; so has the table, since a restore asks for them. */
export function quarantineText(page: QuarantinePage, format: 'table' | 'ndjson'): string {
  if (format === 'ndjson') return page.entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  const total = `${counted(page.keptEntries, 'stream')} kept, ${humanSize(BigInt(page.keptBytes))}\n`
  if (page.entries.length === 0) return total
  const table = plainTable({
    head: ['Kept at', 'State', 'Id', 'Size', 'Stream', 'Path'],
    colAligns: ['left', 'left', 'left', 'right', 'left', 'left'],
  })
  for (const entry of page.entries) {
    const { keptAt, targetId, sizeBytes, stream, path } = entry
    const [size, name, place] = [
      humanSize(BigInt(sizeBytes)),
      displayName(stream),
      displayName(path),
    ]
    table.push([keptAt, stateOf(entry), targetId, size, name, place])
  }
  const more = page.cursor === null ? '' : `older ones: --cursor ${page.cursor}\n`
  return `${renderPlain(table)}${total}${more}`
}

function stateOf({ restoredAt, prunedAt, outcome, action }: QuarantinedStream): string {
  if (restoredAt !== null) return 'restored'
  if (prunedAt !== null) return 'pruned'
  return outcome === 'done' ? `${action} done` : (outcome ?? 'open')
}
