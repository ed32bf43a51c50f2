/**
 * Which paths of a question this agent looks at: those inside its scope, also after symbolic links on the
 * way are followed. A question reads what the scans of this machine read, and nothing else of it.
 */
import { realpath, stat } from 'node:fs/promises'
import type { AskedPlace } from '../../protocol/ask.ts'
import { isAtOrBelow, type Scope } from '../scan/scope.ts'

/** Null: look at it. Else why not. */
export async function placeRefusal(scope: Scope, path: string): Promise<AskedPlace | null> {
  const refuse = (state: AskedPlace['state'], message: string): AskedPlace => ({
    path,
    state,
    message: message.slice(0, 1_024),
  })
  const root = scope.rootOf(path)
  if (root === null) {
    return refuse('outside-scope', 'The path is not in the scope of this machine’s agent.')
  }
  if (path === root) return null
  if (!path.isWellFormed()) {
    return refuse('failed', 'The path has bytes or units that cannot be looked up by name.')
  }
  try {
    const [realRoot, realPath] = [await realRootOf(root), await realpath(path)]
    const isInside =
      isAtOrBelow(realRoot, realPath) && !scope.exclude.some((one) => isAtOrBelow(one, realPath))
    if (isInside) return null
    return refuse('outside-scope', 'A link on the path leads out of the scope of the agent.')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR'
    return isAbsent ? refuse('absent', 'There is nothing at this path.') : refuse('failed', message)
  }
}

/** `C:` alone would be the current folder of that drive. */
function realRootOf(root: string): Promise<string> | string {
  return /^[A-Za-z]:$/.test(root) ? root : realpath(root)
}

/**
 * A file that is no scope root may be anything; the disk code would open it to see whether it is an image, and
 * so change its access time. Its folder has the same answer.
 */
export async function fileRefusal(scope: Scope, path: string): Promise<AskedPlace | null> {
  if (scope.roots.includes(path) || !(await stat(path)).isFile()) return null
  const message = 'This is a file. Name its folder, and its name in the query (name:…).'
  return { path, state: 'failed', message }
}

/** Without those that lie in another one, which would be read twice. */
export function withoutNested(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)]
  // `/a/../b` is not in `/a`, whatever its text says.
  const isPlain = (path: string) => !path.split(/[\\/]/).includes('..')
  return unique.filter(
    (path) => !isPlain(path) || !unique.some((other) => other !== path && isAtOrBelow(other, path)),
  )
}
