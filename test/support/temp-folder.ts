/** A folder that goes away with the test, whatever permissions or depth it has by then. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** For use inside a test. Others may enter it, since some tests act as another user. */
export function tempFolder(): string {
  const folder = makeTempFolder()
  onTestFinished(() => removeTempFolder(folder))
  return folder
}

/** For hooks, which must call {@link removeTempFolder}. */
export function makeTempFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'sidestream-test-'))
  spawnSync('chmod', ['755', folder])
  return folder
}

// rm instead of node:fs, which cannot remove trees whose paths are longer than PATH_MAX.
export function removeTempFolder(folder: string): void {
  spawnSync('chmod', ['-R', 'u+rwX', folder])
  spawnSync('rm', ['-rf', folder])
}
