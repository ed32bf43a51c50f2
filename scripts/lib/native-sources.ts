import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.ts'

/** All our C++ files, relative to the checkout. */
export function nativeSources(): string[] {
  return ['native', 'test/native', 'test/fuzz'].flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[])
      .filter((file) => /\.(cc|h)$/.test(file))
      .map((file) => join(folder, file)),
  )
}
