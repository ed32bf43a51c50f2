/**
 * How fast one engine strips marks, with everything that makes it safe: re-check, hash, quarantine, removal,
 * verification, journal, receipt. Against a loop in C that opens each file and removes the attribute.
 *
 * usage: npm run bench -- strip [--files N] [--rounds N]
 *   --files N   100000 if not given, and less proves nothing
 *   --rounds N  7 if not given: within one, either program may meet a slow second of the machine
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findProgram, root } from '../../lib/run.ts'
import { medianOfRounds, runOnce, type Usage } from '../lib/measure.ts'
import { benchFolder, conclude, printTimes } from '../lib/report.ts'

const ENGINE = 'engine: all of a strip'
const LOOP = 'C: open, remove, close'

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      files: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '7' },
    },
  })
  const [files, rounds] = [Number(values.files), Number(values.rounds)]
  if (findProgram('cc') === undefined) {
    return conclude('strip', [], ['a strip; enable it: sudo apt-get install -y gcc'], { files })
  }
  mkdirSync(benchFolder, { recursive: true })
  const folder = mkdtempSync(join(benchFolder, 'strip-'))
  try {
    return measure(folder, files, rounds)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function measure(folder: string, files: number, rounds: number): number {
  const loop = join(folder, 'bare-loop')
  runQuietly('cc', '-O2', '-Wall', '-o', loop, join(root, 'scripts/bench/strip/bare-loop.c'))
  const tree = join(folder, 'tree')
  mkdirSync(tree)
  const usages = new Map<string, Usage[]>([
    [LOOP, []],
    [ENGINE, []],
  ])
  const commands = {
    [LOOP]: [loop, 'strip', tree, String(files)],
    [ENGINE]: [process.execPath, join(root, 'scripts/bench/strip/engine-process.ts'), tree, folder],
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of [LOOP, ENGINE] as const) {
      // Marked anew, and on disk, so that neither pays for the writes that came before.
      runQuietly(loop, 'make', tree, String(files))
      runQuietly('sync')
      const usage = runOnce({ name, command: commands[name], reportsItself: true })
      const { done = files, keptEntries = files } = JSON.parse(usage.stdout)
      if (done !== files || keptEntries !== files) {
        throw new Error(`of ${files} marks ${done} were stripped and ${keptEntries} kept`)
      }
      usages.get(name)?.push(usage)
    }
  }
  printTimes(usages)
  const [ours, theirs] = [usages.get(ENGINE)!, usages.get(LOOP)!]
  const percent = medianOfRounds(ours, theirs, (engine, bare) => (bare / engine) * 100)
  const details = { files, rounds, engine: ours.map(trimmed), loop: theirs.map(trimmed) }
  const what = `strips of ${files} marks against the bare loop`
  return conclude(
    'strip',
    [{ what, unit: '% of its rate', value: percent, atLeast: 25 }],
    [],
    details,
  )
}

function trimmed({ stdout: _, ...usage }: Usage): Omit<Usage, 'stdout'> {
  return usage
}

function runQuietly(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`)
}
