import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import {
  closeWriter,
  openToRead,
  openToWrite,
} from '../../../server/central/store/inventory/open-inventory.ts'

it('gives readers of a new inventory statistics of every index that searches choose among', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-statistics-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'inventory.sqlite')
  const writer = openToWrite(file)
  const reader = openToRead(file)
  const known = reader.prepare('SELECT idx FROM sqlite_stat1').pluck().all()
  for (const table of ['stream', 'item', 'class_key', 'family', 'folder', 'file_name']) {
    const indexes = reader.prepare('SELECT name FROM pragma_index_list(?)').pluck().all(table)
    // Of streams that are gone there may be none, and a partial index is no choice for others.
    const needed = indexes.filter((name) => name !== 'stream_by_gone')
    expect([table, needed.filter((name) => !known.includes(name))]).toEqual([table, []])
  }
  reader.close()
  closeWriter(writer)
  // Opened again while small, it keeps them.
  const again = openToWrite(file)
  expect(again.prepare('SELECT count(*) FROM sqlite_stat1').pluck().get()).toBe(known.length)
  closeWriter(again)
})
