/**
 * Live questions and what machines answered: who is still to be asked survives a restart.
 *
 * An answer goes `waiting` → `running` → settled (`answered`, `refused`, `offline`, `timed-out`, `cancelled`), and
 * back to `waiting` only by {@link LiveStore.putBack} and {@link LiveStore.askAgain}. `finishedAt` is set in the
 * transaction that settles the last one.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Database } from 'better-sqlite3'
import type { LiveAnswerState, LiveQueryRequest } from '../../protocol/api/live-queries.ts'
import type { AskLimits, QueryReply } from '../../protocol/ask.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { cutPage, decodeCursor } from './cursor.ts'
import { type AnswerRow, prepareLiveStatements, type QuestionRow } from './live-statements.ts'

/** What was asked, with every default in its place. */
export type AskedQuestion = Omit<LiveQueryRequest, 'limits'> & { limits: AskLimits }

export interface StoredQuestion extends AskedQuestion {
  questionId: string
  createdBy: string
  createdAt: number
  expiresAt: number
  finishedAt: number | null
  isCancelled: boolean
  machineCount: number
  rowCount: number
  incompleteCount: number
  counts: Record<string, number>
}

export type ReplyHead = Omit<QueryReply, 'rows'>

export interface StoredAnswer {
  machineId: MachineId
  hostname: string
  state: LiveAnswerState
  reason: string
  askedCount: number
  settledAt: number | null
  /** Null: not settled. */
  settledNo: number | null
  rowCount: number
  reply: ReplyHead | null
}

/** One machine's turn, marked `running`. */
export interface TakenAnswer extends StoredQuestion {
  machineId: MachineId
  hostname: string
  askedCount: number
}

export type SettledState = Exclude<LiveAnswerState, 'waiting' | 'running'>

export interface Settlement {
  state: SettledState
  reason: string
  reply: QueryReply | null
}

type PageRequest = { cursor?: string | undefined; limit: number }

export interface LiveStore {
  add(
    question: AskedQuestion & { questionId: string; createdBy: string; expiresAt: number },
    machines: readonly { machineId: MachineId; state: LiveAnswerState; reason: string }[],
    now: number,
  ): void
  find(questionId: string): StoredQuestion | undefined
  /** Newest first. With machine numbers: those that asked no other machine. */
  page(
    page: PageRequest,
    machineNos: readonly number[] | null,
  ): { questions: StoredQuestion[]; cursor: string | null }
  /** Whether it asked none but these machines. */
  isWithin(questionId: string, machineNos: readonly number[]): boolean
  countOpen(createdBy: string): { byUser: number; all: number }
  /** `unanswered`: all but `answered`. By hostname. */
  answerPage(
    questionId: string,
    filter: { state?: LiveAnswerState | 'unanswered' | undefined },
    page: PageRequest,
  ): { answers: StoredAnswer[]; cursor: string | null }
  /** In the order in which they were settled. */
  settledAfter(questionId: string, settledNo: number, limit: number): StoredAnswer[]
  rowsOf(questionId: string, machineId: MachineId): ReportedStream[]
  /** The machine's oldest waiting answer, marked `running`. */
  take(machineId: MachineId, askId: string): TakenAnswer | undefined
  /** `running` again `waiting`: it was not asked after all. */
  putBack(questionId: string, machineId: MachineId): void
  /** Returns whether the question is finished with it. A settled answer stays what it is. */
  settle(questionId: string, machineId: MachineId, how: Settlement, now: number): boolean
  /** Settles what waits. Returns what runs: those machines must be told. */
  cancel(
    questionId: string,
    reason: string,
    isByPerson: boolean,
    now: number,
  ): { machineId: MachineId; askId: string }[]
  /** Returns how many machines will be asked again. */
  askAgain(questionId: string, states: readonly SettledState[], expiresAt: number): number
  /** What still waits though its question has expired. */
  listExpired(now: number): { questionId: string; machineId: MachineId }[]
  /** After a restart nothing runs any more. */
  putAllBack(): void
  /** Machines that some question waits for. */
  waitingMachines(questionId?: string): MachineId[]
  /** Lets the rows go of questions that finished before. */
  forgetRows(finishedBefore: number): void
}

export function createLiveStore(db: Database): LiveStore {
  const statements = prepareLiveStatements(db)

  const toQuestion = (row: QuestionRow): StoredQuestion => {
    const counts: Record<string, number> = {}
    let machineCount = 0
    let incompleteCount = 0
    for (const { state, machines, incomplete } of statements.countStates.all(row.question_no)) {
      counts[state] = machines
      machineCount += machines
      incompleteCount += incomplete
    }
    return {
      ...(JSON.parse(row.request_json) as AskedQuestion),
      questionId: row.question_id,
      createdBy: row.created_by,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      finishedAt: row.finished_at,
      isCancelled: row.is_cancelled === 1,
      machineCount,
      rowCount: row.row_count,
      incompleteCount,
      counts,
    }
  }
  const questionNo = (questionId: string): number => {
    const row = statements.selectQuestion.get(questionId)
    if (row === undefined) throw new Error(`no live question ${questionId}`)
    return row.question_no
  }
  const settleOne = (no: number, machineId: string, how: Settlement, now: number): boolean => {
    const { rows = [], ...head } = how.reply ?? {}
    const { changes } = statements.settle.run({
      questionNo: no,
      machineId,
      now,
      state: how.state,
      reason: how.reason,
      rowCount: rows.length,
      isIncomplete: how.reply !== null && isIncomplete(how.reply) ? 1 : 0,
      reply: how.reply === null ? null : JSON.stringify(head),
      rows: rows.length === 0 ? null : zstdCompressSync(JSON.stringify(rows)),
    })
    if (changes === 0) return false
    statements.countSettled.run({ questionNo: no, rowCount: rows.length })
    return statements.finishIfDone.run({ questionNo: no, now }).changes > 0
  }
  const take = (machineId: MachineId, askId: string): TakenAnswer | undefined => {
    const next = statements.selectWaiting.get({ machineId })
    if (next === undefined) return undefined
    statements.start.run({ answerNo: next.answer_no, askId })
    const question = toQuestion(statements.selectQuestionByNo.get(next.question_no)!)
    return { ...question, machineId, hostname: next.hostname, askedCount: next.asked_count + 1 }
  }

  return {
    add: (question, machines, now) => {
      const { questionId, createdBy, expiresAt, ...request } = question
      const json = JSON.stringify(request)
      const { lastInsertRowid } = statements.insert.run({
        questionId,
        createdBy,
        expiresAt,
        now,
        json,
      })
      const no = Number(lastInsertRowid)
      for (const { machineId, state, reason } of machines) {
        statements.insertAnswer.run({ questionNo: no, machineId })
        if (state !== 'waiting') {
          settleOne(no, machineId, { state: state as SettledState, reason, reply: null }, now)
        }
      }
      statements.finishIfDone.run({ questionNo: no, now })
    },
    find: (questionId) => {
      const row = statements.selectQuestion.get(questionId)
      return row === undefined ? undefined : toQuestion(row)
    },
    page: ({ cursor, limit }, machineNos) => {
      const [before] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(cursor, [0])
      const rows = statements.selectPage.all({
        before,
        limit: limit + 1,
        machineNos: machineNos === null ? null : JSON.stringify(machineNos),
      })
      const page = cutPage(rows, limit, (row) => [row.question_no])
      return { questions: page.rows.map(toQuestion), cursor: page.cursor }
    },
    isWithin: (questionId, machineNos) =>
      statements.selectWithin.get({ questionId, machineNos: JSON.stringify(machineNos) }) !==
      undefined,
    countOpen: (createdBy) => statements.countOpen.get({ createdBy })!,
    answerPage: (questionId, { state }, { cursor, limit }) => {
      const [hostname, machineNo] = cursor === undefined ? ['', 0] : decodeCursor(cursor, ['', 0])
      const rows = statements.selectAnswers.all({
        questionNo: questionNo(questionId),
        state: state ?? null,
        hostname,
        machineNo,
        limit: limit + 1,
      })
      const page = cutPage(rows, limit, (row) => [row.hostname, row.machine_no])
      return { answers: page.rows.map(toAnswer), cursor: page.cursor }
    },
    settledAfter: (questionId, settledNo, limit) =>
      statements.selectSettled
        .all({ questionNo: questionNo(questionId), settledNo, limit })
        .map(toAnswer),
    rowsOf: (questionId, machineId) => {
      const row = statements.selectRows.get({ questionNo: questionNo(questionId), machineId })
      const blob = row?.rows_zstd ?? null
      if (blob === null) return []
      return JSON.parse(zstdDecompressSync(blob).toString('utf8')) as ReportedStream[]
    },
    take: (machineId, askId) => {
      // No lock for a machine that nothing waits for: a whole fleet may connect at once.
      if (statements.selectWaiting.get({ machineId }) === undefined) return undefined
      return db.transaction(take).immediate(machineId, askId)
    },
    putBack: (questionId, machineId) =>
      void statements.putBack.run({ questionNo: questionNo(questionId), machineId }),
    settle: (questionId, machineId, how, now) =>
      db.transaction(() => settleOne(questionNo(questionId), machineId, how, now)).immediate(),
    cancel: (questionId, reason, isByPerson, now) => {
      const no = questionNo(questionId)
      const run = db.transaction(() => {
        for (const { machineId } of statements.selectWaitingOf.all({ questionNo: no })) {
          settleOne(no, machineId, { state: 'cancelled', reason, reply: null }, now)
        }
        if (isByPerson) statements.setCancelled.run({ questionNo: no })
        return statements.selectRunningOf.all({ questionNo: no })
      })
      return run.immediate()
    },
    askAgain: (questionId, states, expiresAt) => {
      const no = questionNo(questionId)
      const run = db.transaction(() => {
        const which = { questionNo: no, states: JSON.stringify(states) }
        statements.uncountRows.run(which)
        const { changes } = statements.reset.run(which)
        if (changes > 0) statements.reopen.run({ questionNo: no, expiresAt })
        return changes
      })
      return run.immediate()
    },
    listExpired: (now) => statements.selectExpired.all({ now }),
    putAllBack: () => void statements.putAllBack.run(),
    waitingMachines: (questionId) =>
      statements.selectWaitingMachines
        .all({ questionNo: questionId === undefined ? null : questionNo(questionId) })
        .map(({ machineId }) => machineId),
    forgetRows: (finishedBefore) => void statements.forgetRows.run({ finishedBefore }),
  }
}

/** Whether something that was asked for was not looked at. A place that is not there was. */
function isIncomplete({ stopped, unreadableCount, places }: QueryReply): boolean {
  const isKnown = places.every(({ state }) => state === 'read' || state === 'absent')
  return stopped !== null || unreadableCount > 0 || !isKnown
}

function toAnswer(row: AnswerRow): StoredAnswer {
  return {
    machineId: row.machine_id as MachineId,
    hostname: row.hostname,
    state: row.state as LiveAnswerState,
    reason: row.reason,
    askedCount: row.asked_count,
    settledAt: row.settled_at,
    settledNo: row.settled_no,
    rowCount: row.row_count,
    reply: row.reply_json === null ? null : (JSON.parse(row.reply_json) as ReplyHead),
  }
}
