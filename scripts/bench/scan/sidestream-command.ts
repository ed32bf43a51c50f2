import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../lib/run.ts'

/** As `npm run sidestream` starts it: the pinned Node with package.json's own flags. */
export function sidestreamCommand(...args: readonly string[]): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: { sidestream: string }
  }
  const [entry = '', ...flags] = scripts.sidestream.split('--then ')[1]!.split(' ').reverse()
  return [process.execPath, ...flags.reverse(), join(root, entry), ...args]
}
