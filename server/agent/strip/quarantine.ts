/**
 * Keeps the bytes of streams that were taken away. Small ones are in the state's own rows, which one commit
 * makes durable for a whole batch. A larger one is a file, readable by this agent's user only: under its
 * final name it is complete and on disk; its row follows, and only then may the stream be touched.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../../shared/atomic-file.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { MAX_ZONE_IDENTIFIER_BYTES } from '../../streams/zone-identifier-limit.ts'
import type { AgentState } from '../state/open-state.ts'
import type { KeptBytes, QuarantineStore } from '../state/quarantine-store.ts'

const PARTIAL = '.part'

/** Up to this a stream is kept in its row: every Zone.Identifier is. */
export const INLINE_BYTES = MAX_ZONE_IDENTIFIER_BYTES

/** How much may be kept, and for how long. */
export interface QuarantineBounds {
  readonly maxBytes: number
  readonly maxDays: number
}

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
      const entry = store.find(name)
      if (entry === undefined || entry.prunedAt !== null)
        await rm(join(this.#folder, name), { force: true })
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

  /**
   * Lets go of what the bounds do not allow: what is too old, then what was put back already, then the oldest.
   * The record of each stays, with the moment; that is the audit.
   */
  async prune(
    state: AgentState,
    { maxBytes, maxDays }: QuarantineBounds,
    clock: Clock,
    logger: Logger,
  ): Promise<void> {
    const { bytes } = state.quarantine.totals()
    const now = clock.now()
    const oldest = toTimestamp(now - maxDays * DAY_MS)
    const all = [...state.quarantine.listPrunable()]
    const old = all.filter(({ keptAt }) => keptAt < oldest)
    const rest = all.filter(({ keptAt }) => keptAt >= oldest)
    const byUse = [
      ...rest.filter((kept) => kept.isRestored),
      ...rest.filter((kept) => !kept.isRestored),
    ]
    let left = bytes - sumOf(old)
    const large: KeptBytes[] = []
    for (const kept of byUse) {
      if (left <= maxBytes) break
      large.push(kept)
      left -= kept.sizeBytes
    }
    for (const [pruned, why] of [
      [old, 'age'],
      [large, 'size'],
    ] as const) {
      if (pruned.length === 0) continue
      state.transaction(() => {
        for (const { entryId } of pruned) state.quarantine.markPruned(entryId, toTimestamp(now))
      })
      for (const { targetId, isInFile } of pruned) if (isInFile) await this.discard(targetId)
      const counts = { entries: pruned.length, bytes: sumOf(pruned) }
      logger.warn(
        { ...counts, why, maxBytes, maxDays },
        'quarantine pruned: these cannot be put back',
      )
    }
  }

  /** Target ids are UUIDs by schema, so they are plain file names. */
  #path(targetId: string): string {
    return join(this.#folder, targetId)
  }
}

const DAY_MS = 86_400_000

function sumOf(kept: readonly KeptBytes[]): number {
  return kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}
