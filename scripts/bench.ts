/**
 * Runs one benchmark: makes what it needs, prints a table, writes .sidestream/bench/NAME.json, and exits 1
 * when a stated target is missed. Each is a folder below scripts/bench with a bench.ts in it.
 *
 * usage: npm run bench -- NAME [ARGS…]
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/run.ts'

const [name = '', ...args] = process.argv.slice(2)
const folder = join(root, 'scripts/bench')
const names = readdirSync(folder).filter((entry) => existsSync(join(folder, entry, 'bench.ts')))
if (names.includes(name)) {
  const bench = (await import(join(folder, name, 'bench.ts'))) as {
    main: (args: string[]) => Promise<number>
  }
  process.exitCode = await bench.main(args)
} else {
  console.error(`usage: npm run bench -- NAME [ARGS…]; there are: ${names.join(', ')}`)
  process.exitCode = 2
}
