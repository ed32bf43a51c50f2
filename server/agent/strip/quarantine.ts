/**
 * Keeps the bytes of removed streams, one file per strip target, readable by this agent's user only. A
 * file under its final name is complete and on disk; its row in the state follows, and only then may the
 * stream be removed.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../atomic-file.ts'
import type { QuarantineStore } from '../state/quarantine-store.ts'

const PARTIAL = '.part'

export interface KeptCopy {
  readonly sizeBytes: number
  readonly sha256: string
}

export class Quarantine {
  readonly #folder: string

  constructor(stateDir: string) {
    this.#folder = join(stateDir, 'quarantine')
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
  }

  /** Removes what a crash left behind: files that no row vouches for. */
  async clean(store: QuarantineStore): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (store.find(name) === undefined) await rm(join(this.#folder, name), { force: true })
    }
  }

  /**
   * Copies the bytes in and makes them durable, as a partial file. `keep` or `discard` must follow. On
   * failure (disk full) nothing is left.
   */
  async copyIn(targetId: string, chunks: AsyncIterable<Uint8Array>): Promise<KeptCopy> {
    const path = this.#path(targetId) + PARTIAL
    const hash = createHash('sha256')
    let sizeBytes = 0
    let file: FileHandle | null = null
    try {
      file = await open(path, 'w', 0o600)
      for await (const chunk of chunks) {
        hash.update(chunk)
        sizeBytes += chunk.length
        await file.writeFile(chunk)
      }
      await file.sync()
    } catch (error) {
      await rm(path, { force: true })
      throw error
    } finally {
      await file?.close()
    }
    return { sizeBytes, sha256: hash.digest('hex') }
  }

  /** The partial file becomes the final one, durably. */
  async keep(targetId: string): Promise<void> {
    await rename(this.#path(targetId) + PARTIAL, this.#path(targetId))
    syncFolder(this.#folder)
  }

  async discard(targetId: string): Promise<void> {
    await rm(this.#path(targetId) + PARTIAL, { force: true })
    await rm(this.#path(targetId), { force: true })
  }

  read(targetId: string): Promise<Buffer> {
    return readFile(this.#path(targetId))
  }

  /** Target ids are UUIDs by schema, so they are plain file names. */
  #path(targetId: string): string {
    return join(this.#folder, targetId)
  }
}
