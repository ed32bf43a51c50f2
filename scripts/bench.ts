/**
 * Runs one benchmark: makes what it needs, prints a table, writes .sidestream/bench/NAME.json, and exits 1
 * when a stated target is missed. Each is a folder below scripts/bench with a bench.ts in it.
 *
 * usage: npm run bench -- NAME [ARGS…]
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/run.ts'
import { isUsageError, usageOf } from './lib/usage.ts'

const [name = '', ...args] = process.argv.slice(2)
const folder = join(root, 'scripts/bench')
const names = readdirSync(folder).filter((entry) => existsSync(join(folder, entry, 'bench.ts')))
if (names.includes(name)) {
  process.exitCode = await run(join(folder, name, 'bench.ts'))
} else {
  console.error(`usage: npm run bench -- NAME [ARGS…]; there are: ${names.join(', ')}`)
  process.exitCode = 2
}

async function run(file: string): Promise<number> {
  if (args.includes('--help')) {
    console.log(usageOf(file))
    return 0
  }
  const bench = (await import(file)) as { main: (args: string[]) => Promise<number> }
  try {
    return await bench.main(args)
  } catch (error) {
    if (!isUsageError(error)) throw error
    console.error(`${error.message}\n\n${usageOf(file)}`)
    return 2
  }
}
