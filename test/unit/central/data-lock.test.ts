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

it('refuses a second central on the same data, and lets the next one in after the first', async () => {
  const folder = dataFolder()
  const first = await openStores(folder)
  await expect(openStores(folder)).rejects.toThrow(expect.objectContaining({ code: 'DATA_IN_USE' }))
  await first.close()
  await (await openStores(folder)).close()
})

it('says what is wrong where no data can be kept', async () => {
  const file = join(dataFolder(), 'a file')
  writeFileSync(file, '')
  await expect(openStores(file)).rejects.toThrow(expect.objectContaining({ code: 'DATA_UNUSABLE' }))
})
