import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openStores } from '../../../server/central/store/stores.ts'

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

it('refuses a second central on the same data, and lets the next one in after the first', () => {
  const folder = dataFolder()
  const first = openStores(folder)
  expect(() => openStores(folder)).toThrow(expect.objectContaining({ code: 'DATA_IN_USE' }))
  first.close()
  openStores(folder).close()
})

it('says what is wrong where no data can be kept', () => {
  const file = join(dataFolder(), 'a file')
  writeFileSync(file, '')
  expect(() => openStores(file)).toThrow(expect.objectContaining({ code: 'DATA_UNUSABLE' }))
})
