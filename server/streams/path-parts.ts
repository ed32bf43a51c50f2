/** The parts of a carrier's path. Pure; a path is whatever somebody named his folders. */

/**
 * The last part. A path from `/` on has POSIX separators only, where `\` is a letter like any other; every
 * other path is a Windows one.
 */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf(separatorOf(path)) + 1)
}

/** What is before the last separator; empty where there is none. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(separatorOf(path))))
}

/** Lower case, without the dot; `.profile` has none. */
export function extensionOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.')
  return dot > 0 ? fileName.slice(dot + 1).toLowerCase() : ''
}

function separatorOf(path: string): string {
  return path.startsWith('/') ? '/' : '\\'
}
