/**
 * Every `npm run NAME` and every path of this repository that a Markdown file names must exist: docs that
 * lie are worse than none. Paths are what stands in backticks or links and starts with a top-level name.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { root } from './lib/run.ts'

const SKIPPED = ['node_modules', 'build', 'dist', '.git', '.sidestream']
const TOP_LEVEL = ['server', 'native', 'web', 'test', 'scripts']

const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts,
)

function markdownFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return SKIPPED.includes(entry.name) ? [] : markdownFiles(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

function faultsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const faults: string[] = []
  for (const [, name] of text.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)) {
    if (!scripts.includes(name ?? '')) faults.push(`${file}: no npm script "${name}"`)
  }
  for (const [, path] of text.matchAll(/`([\w./-]+)`/g)) {
    if (isOurPath(path ?? '') && !existsSync(join(root, path ?? ''))) {
      faults.push(`${file}: no file or folder ${path}`)
    }
  }
  for (const [, target] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
    const path = normalize(join(dirname(file), target ?? ''))
    if (!existsSync(join(root, path))) faults.push(`${file}: link to ${target}, which is not there`)
  }
  return faults
}

/** `server/x.ts` is a path of ours; `Users/bob` or a stream's name is not. */
function isOurPath(text: string): boolean {
  return TOP_LEVEL.some((folder) => text.startsWith(`${folder}/`))
}

const files = markdownFiles('.')
const faults = files.flatMap(faultsOf)
for (const fault of faults) console.error(fault)
console.log(`${files.length} Markdown files, ${faults.length} faults`)
process.exitCode = faults.length > 0 || files.length === 0 ? 1 : 0
