/**
 * Freezes lists, one after the other and each in small steps: between two of them the queue of running orders gets its
 * turn. Every step is a transaction of its own; a list counts from its last one on.
 */
import type { Database } from 'better-sqlite3'
import type { PreviewId } from '../../../protocol/ids.ts'
import { AppError } from '../../../shared/app-error.ts'
import { createOtherFreezers } from './freeze-others.ts'
import { createStreamFreezer, type FrozenSoFar, nothingFrozen } from './freeze-streams.ts'
import type { OrderReader } from './order-rows.ts'
import type { FreezeSource, NewPreview } from './order-types.ts'
import type { PreviewRow, Previews } from './previews.ts'
import type { Tells } from './tells.ts'

/** How long the queue waits for one step. */
const STEP_MS = 15

interface Task {
  preview: PreviewRow
  source: FreezeSource
  frozen: FrozenSoFar
  steps: Generator<void, void, undefined> | undefined
  resolve(): void
  reject(error: unknown): void
}

export interface Freezer {
  /** Begins a list; `ended` hears when it is ready, or why it is not. */
  add(
    preview: NewPreview,
    source: FreezeSource,
    now: number,
    ended: { resolve(): void; reject(error: unknown): void },
  ): void
  /** What asks for it is told that it failed. */
  cancel(previewId: PreviewId): void
  /** Some more of the list that is frozen now, in a transaction. False: there is nothing to freeze. */
  step(): boolean
}

export function createFreezer(
  db: Database,
  orders: OrderReader,
  previews: Previews,
  tells: Tells,
): Freezer {
  const freezeStreams = createStreamFreezer(db)
  const { freezeFiles, freezeCopies } = createOtherFreezers(db)
  const tasks: Task[] = []

  const stepsOf = ({ preview, source, frozen }: Task) => {
    const { previewNo, firstNo, action } = preview
    switch (source.kind) {
      case 'streams':
        return freezeStreams(previewNo, firstNo, source.selection, frozen)
      case 'files':
        return freezeFiles(previewNo, firstNo, source.files, frozen)
      default: {
        const { kind } = source
        const states = kind === 'retry' ? source.states : []
        const written = kind === 'undo' ? source.written : null
        const { orderNo } = orders.row(source.orderId)
        return freezeCopies(previewNo, firstNo, { kind, orderNo, action, states, written }, frozen)
      }
    }
  }

  const finish = ({ preview, source, frozen }: Task): void => {
    if (source.kind === 'streams') {
      for (const { reason, count } of source.selection.excluded) frozen.excluded.set(reason, count)
    }
    const { byVerdict } = previews.finish(preview, frozen)
    // A retry and an undo are told of as the orders that they become.
    if (source.kind === 'undo' || source.kind === 'retry') return
    const { action, query, previewId, createdBy } = preview
    const details = { action, query, targetCount: frozen.count, byVerdict }
    tells.audit(Date.now(), createdBy, 'order.previewed', previewId, {
      ...details,
      digest: previews.row(previewId).digest,
    })
  }

  const runStep = db.transaction((task: Task): boolean => {
    if (task.steps === undefined) {
      // Numbers are taken when its turn has come: those of one list have no gap.
      task.preview = previews.row(previews.renumber(task.preview.previewNo))
      task.steps = stepsOf(task)
    }
    const until = performance.now() + STEP_MS
    while (performance.now() < until) {
      if (task.steps.next().done) {
        finish(task)
        return true
      }
    }
    previews.progressed(task.preview.previewId, task.frozen.count)
    return false
  })

  return {
    add: (preview, source, now, ended) => {
      const row = previews.begin(preview, now)
      tasks.push({ preview: row, source, frozen: nothingFrozen(), steps: undefined, ...ended })
    },
    cancel: (previewId) => {
      const index = tasks.findIndex(({ preview }) => preview.previewId === previewId)
      const [task] = index < 0 ? [] : tasks.splice(index, 1)
      if (task === undefined) return
      previews.fail(previewId, 'it was cancelled')
      task.reject(new AppError('PREVIEW_CANCELLED', 409, 'the preview was cancelled'))
    },
    step: () => {
      const [task] = tasks
      if (task === undefined) return false
      try {
        // What is not ready yet need not outlive a power cut; the flush of the write after it keeps all of it.
        db.pragma('synchronous = NORMAL')
        const isReady = runStep.immediate(task)
        db.pragma('synchronous = FULL')
        if (isReady) {
          tasks.shift()
          previews.flush()
          task.resolve()
        }
      } catch (error) {
        db.pragma('synchronous = FULL')
        tasks.shift()
        tells.forget()
        const { message } = error as Error
        db.transaction(() => previews.fail(task.preview.previewId, message)).immediate()
        task.reject(error)
      }
      return true
    },
  }
}
