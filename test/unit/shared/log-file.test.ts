import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLogFile } from '../../../server/shared/log-file.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'

const MB = 1_000_000
let folder: string
beforeEach(() => {
  folder = makeTempFolder()
})
afterEach(() => removeTempFolder(folder))

/** Numbered lines of 1 KB, from a process of its own as it were: opened, written, closed. */
async function logLines(from: number, to: number): Promise<void> {
  const log = openLogFile(folder, 'agent.log')
  for (let line = from; line < to; line += 1) {
    if (log.write(`${String(line).padStart(999, '0')}\n`)) continue
    await new Promise((drained) => log.once('drain', drained))
  }
  log.end()
  await finished(log)
}

const linesOf = (name: string): number[] =>
  readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').map(Number)

it('goes on in the file that an earlier process left', async () => {
  await logLines(0, 3)
  await logLines(3, 5)

  expect(readdirSync(folder)).toEqual(['agent.log'])
  expect(linesOf('agent.log')).toEqual([0, 1, 2, 3, 4])
})

it('keeps the newest 60 MB in six files, and loses no line between them', async () => {
  await logLines(0, 40_000)
  await logLines(40_000, 80_000)

  const names = [
    'agent.log.5',
    'agent.log.4',
    'agent.log.3',
    'agent.log.2',
    'agent.log.1',
    'agent.log',
  ]
  expect(readdirSync(folder).sort()).toEqual(names.toSorted())
  const sizes = names.map((name) => statSync(join(folder, name)).size)
  expect(Math.max(...sizes)).toBeLessThan(11 * MB)
  const kept = names.flatMap(linesOf)
  expect(kept.length).toBeGreaterThan(50_000)
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => 80_000 - kept.length + at))
})
