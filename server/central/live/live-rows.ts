/** The rows of a live question: machine after machine, in the order in which they answered. */
import type { LiveRow, LiveRowPage } from '../../protocol/api/live-queries.ts'
import { AppError } from '../../shared/app-error.ts'
import type { LiveStore, StoredAnswer } from '../store/live-store.ts'

const ANSWERS_AT_ONCE = 20

export interface LiveRows {
  of(questionId: string, answer: StoredAnswer): LiveRow[]
  page(questionId: string, page: { cursor?: string | undefined; limit: number }): LiveRowPage
  all(questionId: string): AsyncGenerator<LiveRow[], void, undefined>
}

export function createLiveRows(live: LiveStore): LiveRows {
  const of = (questionId: string, { machineId, hostname, rowCount }: StoredAnswer): LiveRow[] =>
    rowCount === 0
      ? []
      : live.rowsOf(questionId, machineId).map((row) => ({ machineId, hostname, ...row }))

  return {
    of,
    page: (questionId, { cursor, limit }) => {
      let { settledNo, offset } = readCursor(cursor)
      const rows: LiveRow[] = []
      while (true) {
        const answers = live.settledAfter(questionId, settledNo - 1, ANSWERS_AT_ONCE)
        for (const answer of answers) {
          const no = answer.settledNo as number
          const found = of(questionId, answer).slice(no === settledNo ? offset : 0)
          const start = no === settledNo ? offset : 0
          const space = limit - rows.length
          rows.push(...found.slice(0, space))
          if (found.length > space) return { rows, cursor: `${no}.${start + space}` }
          ;[settledNo, offset] = [no + 1, 0]
        }
        if (answers.length < ANSWERS_AT_ONCE) return { rows, cursor: null }
      }
    },
    async *all(questionId) {
      let settledNo = 0
      while (true) {
        const answers = live.settledAfter(questionId, settledNo, ANSWERS_AT_ONCE)
        for (const answer of answers) {
          settledNo = answer.settledNo as number
          yield of(questionId, answer)
        }
        if (answers.length < ANSWERS_AT_ONCE) return
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

function readCursor(cursor: string | undefined): { settledNo: number; offset: number } {
  if (cursor === undefined) return { settledNo: 1, offset: 0 }
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(cursor)
  if (match === null) {
    throw new AppError('REQUEST_INVALID', 400, 'cursor: not one that this listing gave')
  }
  return { settledNo: Number(match[1]), offset: Number(match[2]) }
}
