/** What a source file imports, as paths from the checkout's root or package names. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/**
 * Imports over several lines, re-exports, bare imports and import() alike. A specifier has no space, which
 * keeps prose such as `from 'a' to 'b'` out.
 */
const TYPESCRIPT_IMPORT =
  /\bfrom\s*['"]([\w@./:-]+)['"]|\bimport\s*['"]([\w@./:-]+)['"]|\bimport\s*\(\s*['"]([\w@./:-]+)['"]/g
const CPP_INCLUDE = /^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]/gm

export interface SourceFile {
  path: string
  imports: string[]
}

export function sourcesBelow(folder: string, extensions: RegExp): SourceFile[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .map((file) => join(folder, file))
    .filter((file) => extensions.test(file) && !/node_modules|[/\\]dist[/\\]/.test(file))
    .map((path) => ({ path, imports: importsOf(path, readFileSync(path, 'utf8')) }))
}

export function importsOf(path: string, text: string): string[] {
  if (/\.(cc|h)$/.test(path)) return [...text.matchAll(CPP_INCLUDE)].map((match) => match[1] ?? '')
  return [...text.matchAll(TYPESCRIPT_IMPORT)].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? ''
    return target.startsWith('.') ? normalize(join(dirname(path), target)) : target
  })
}
