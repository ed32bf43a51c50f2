/** The SQL of live questions; live-store.ts says what it is for. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../protocol/ids.ts'

export interface QuestionRow {
  question_no: number
  question_id: string
  created_by: string
  created_at: number
  expires_at: number
  finished_at: number | null
  is_cancelled: number
  request_json: string
  row_count: number
}

export interface AnswerRow {
  machine_no: number
  machine_id: string
  hostname: string
  state: string
  reason: string
  asked_count: number
  settled_at: number | null
  settled_no: number | null
  row_count: number
  reply_json: string | null
}

const QUESTION_SQL = `
  question_no, question_id, created_by, created_at, expires_at, finished_at, is_cancelled, request_json,
  row_count`

const ANSWER_SQL = `
  a.machine_no, m.machine_id, m.hostname, a.state, a.reason, a.asked_count, a.settled_at, a.settled_no,
  a.row_count, a.reply_json
  FROM live_answer AS a JOIN machine AS m USING (machine_no)`

const OF_MACHINE_SQL = `
  question_no = @questionNo
  AND machine_no = (SELECT m.machine_no FROM machine AS m WHERE m.machine_id = @machineId)`

/** No machine but those was asked. */
const WITHIN_SQL = `NOT EXISTS (
  SELECT 1 FROM live_answer AS a WHERE a.question_no = live_question.question_no
    AND a.machine_no NOT IN (SELECT value FROM json_each(@machineNos)))`

type Named = Record<string, unknown>

export function prepareLiveStatements(db: Database) {
  return {
    insert: db.prepare<Named>(`
      INSERT INTO live_question (question_id, created_by, created_at, expires_at, request_json)
      VALUES (@questionId, @createdBy, @now, @expiresAt, @json)
    `),
    insertAnswer: db.prepare<Named>(`
      INSERT INTO live_answer (question_no, machine_no, state)
      SELECT @questionNo, machine_no, 'waiting' FROM machine WHERE machine_id = @machineId
    `),
    selectQuestion: db.prepare<[string], QuestionRow>(
      `SELECT ${QUESTION_SQL} FROM live_question WHERE question_id = ?`,
    ),
    selectQuestionByNo: db.prepare<[number], QuestionRow>(
      `SELECT ${QUESTION_SQL} FROM live_question WHERE question_no = ?`,
    ),
    selectPage: db.prepare<Named, QuestionRow>(`
      SELECT ${QUESTION_SQL} FROM live_question
      WHERE question_no < @before AND (@machineNos IS NULL OR ${WITHIN_SQL})
      ORDER BY question_no DESC LIMIT @limit
    `),
    selectWithin: db.prepare<Named, object>(
      `SELECT 1 FROM live_question WHERE question_id = @questionId AND ${WITHIN_SQL}`,
    ),
    countOpen: db.prepare<Named, { byUser: number; all: number }>(`
      SELECT ifnull(sum(created_by = @createdBy), 0) AS byUser, count(*) AS "all"
      FROM live_question WHERE finished_at IS NULL
    `),
    countStates: db.prepare<[number], { state: string; machines: number; incomplete: number }>(`
      SELECT state, count(*) AS machines,
        sum(state = 'answered' AND is_incomplete) AS incomplete
      FROM live_answer WHERE question_no = ? GROUP BY state
    `),
    selectAnswers: db.prepare<Named, AnswerRow>(`
      SELECT ${ANSWER_SQL}
      WHERE a.question_no = @questionNo
        AND (@state IS NULL OR a.state = @state OR (@state = 'unanswered' AND a.state <> 'answered'))
        AND (m.hostname, m.machine_no) > (@hostname, @machineNo)
      ORDER BY m.hostname, m.machine_no LIMIT @limit
    `),
    selectSettled: db.prepare<Named, AnswerRow>(`
      SELECT ${ANSWER_SQL}
      WHERE a.question_no = @questionNo AND a.settled_no > @settledNo
      ORDER BY a.settled_no LIMIT @limit
    `),
    selectRows: db.prepare<Named, { rows_zstd: Buffer | null }>(
      `SELECT rows_zstd FROM live_answer WHERE ${OF_MACHINE_SQL}`,
    ),
    selectWaiting: db.prepare<
      Named,
      { answer_no: number; question_no: number; hostname: string; asked_count: number }
    >(`
      SELECT a.answer_no, a.question_no, m.hostname, a.asked_count
      FROM live_answer AS a JOIN machine AS m USING (machine_no) JOIN live_question AS q USING (question_no)
      WHERE m.machine_id = @machineId AND a.state = 'waiting'
      ORDER BY a.answer_no LIMIT 1
    `),
    start: db.prepare<Named>(`
      UPDATE live_answer SET state = 'running', ask_id = @askId, asked_count = asked_count + 1
      WHERE answer_no = @answerNo
    `),
    putBack: db.prepare<Named>(`
      UPDATE live_answer SET state = 'waiting' WHERE ${OF_MACHINE_SQL} AND state = 'running'
    `),
    putAllBack: db.prepare(`UPDATE live_answer SET state = 'waiting' WHERE state = 'running'`),
    settle: db.prepare<Named>(`
      UPDATE live_answer SET
        state = @state, reason = @reason, settled_at = @now, row_count = @rowCount,
        is_incomplete = @isIncomplete, reply_json = @reply, rows_zstd = @rows,
        settled_no = (SELECT q.settled_count + 1 FROM live_question AS q WHERE q.question_no = @questionNo)
      WHERE ${OF_MACHINE_SQL} AND state IN ('waiting', 'running')
    `),
    countSettled: db.prepare<Named>(`
      UPDATE live_question SET settled_count = settled_count + 1, row_count = row_count + @rowCount
      WHERE question_no = @questionNo
    `),
    finishIfDone: db.prepare<Named>(`
      UPDATE live_question AS q SET finished_at = @now
      WHERE q.question_no = @questionNo AND q.finished_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM live_answer AS a
        WHERE a.question_no = q.question_no AND a.state IN ('waiting', 'running'))
    `),
    setCancelled: db.prepare<Named>(
      'UPDATE live_question SET is_cancelled = 1 WHERE question_no = @questionNo',
    ),
    selectWaitingOf: db.prepare<Named, { machineId: MachineId }>(`
      SELECT m.machine_id AS machineId FROM live_answer AS a JOIN machine AS m USING (machine_no)
      WHERE a.question_no = @questionNo AND a.state = 'waiting'
    `),
    selectRunningOf: db.prepare<Named, { machineId: MachineId; askId: string }>(`
      SELECT m.machine_id AS machineId, a.ask_id AS askId
      FROM live_answer AS a JOIN machine AS m USING (machine_no)
      WHERE a.question_no = @questionNo AND a.state = 'running'
    `),
    // A cancelled answer may have brought rows; they go with it.
    uncountRows: db.prepare<Named>(`
      UPDATE live_question SET row_count = row_count - (
        SELECT ifnull(sum(a.row_count), 0) FROM live_answer AS a
        WHERE a.question_no = @questionNo AND a.state IN (SELECT value FROM json_each(@states)))
      WHERE question_no = @questionNo
    `),
    reset: db.prepare<Named>(`
      UPDATE live_answer SET
        state = 'waiting', reason = '', settled_at = NULL, settled_no = NULL, row_count = 0,
        is_incomplete = 0, reply_json = NULL, rows_zstd = NULL
      WHERE question_no = @questionNo AND state IN (SELECT value FROM json_each(@states))
    `),
    reopen: db.prepare<Named>(`
      UPDATE live_question SET finished_at = NULL, is_cancelled = 0, expires_at = @expiresAt
      WHERE question_no = @questionNo
    `),
    selectExpired: db.prepare<Named, { questionId: string; machineId: MachineId }>(`
      SELECT q.question_id AS questionId, m.machine_id AS machineId
      FROM live_question AS q
      JOIN live_answer AS a USING (question_no) JOIN machine AS m USING (machine_no)
      WHERE q.finished_at IS NULL AND q.expires_at <= @now AND a.state = 'waiting'
    `),
    selectWaitingMachines: db.prepare<Named, { machineId: MachineId }>(`
      SELECT DISTINCT m.machine_id AS machineId FROM live_answer AS a JOIN machine AS m USING (machine_no)
      WHERE a.state = 'waiting' AND (@questionNo IS NULL OR a.question_no = @questionNo)
    `),
    forgetRows: db.prepare<Named>(`
      UPDATE live_answer SET rows_zstd = NULL
      WHERE rows_zstd IS NOT NULL AND question_no IN (
        SELECT q.question_no FROM live_question AS q WHERE q.finished_at < @finishedBefore)
    `),
  }
}
