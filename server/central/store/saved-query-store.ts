/** Saved queries, and what came of their latest run. */
import type { Database } from 'better-sqlite3'
import type { SavedQuerySettings } from '../../protocol/api/saved-queries.ts'
import type { EffectiveScope } from '../../protocol/api/scope.ts'
import { searchForm } from '../../streams/query/search-form.ts'
import { readScope, writeScope } from './scope-column.ts'

export interface SavedRun {
  at: number
  total: number | null
  questionId: string | null
  error: string
}

export interface StoredSavedQuery {
  savedId: number
  settings: SavedQuerySettings
  createdBy: string
  /** Of whoever saved it: it is asked of these machines only. */
  scope: EffectiveScope
  createdAt: number
  lastRunAt: number | null
  lastTotal: number | null
  lastQuestionId: string | null
  lastError: string
}

export interface SavedQueryStore {
  /** By name. */
  list(): StoredSavedQuery[]
  find(savedId: number): StoredSavedQuery | undefined
  findByName(name: string): StoredSavedQuery | undefined
  add(
    settings: SavedQuerySettings,
    by: Pick<StoredSavedQuery, 'createdBy' | 'scope'>,
    now: number,
  ): number
  /** What came of earlier runs is no answer to what is asked now, and goes. */
  update(savedId: number, settings: SavedQuerySettings): void
  remove(savedId: number, now: number): void
  setRun(savedId: number, run: SavedRun): void
}

interface Row extends Omit<StoredSavedQuery, 'settings' | 'scope'> {
  json: string
  scopeJson: string | null
}

type Named = Record<string, unknown>

const SELECT_SQL = `
  SELECT saved_no AS savedId, settings_json AS json, created_by AS createdBy, scope_json AS scopeJson, created_at AS createdAt,
    last_run_at AS lastRunAt, last_total AS lastTotal, last_question_id AS lastQuestionId,
    last_error AS lastError
  FROM saved_query WHERE removed_at IS NULL`

export function createSavedQueryStore(db: Database): SavedQueryStore {
  const list = db.prepare<[], Row>(`${SELECT_SQL} ORDER BY name`)
  const find = db.prepare<Named, Row>(`${SELECT_SQL} AND saved_no = @savedId`)
  const findByName = db.prepare<Named, Row>(`${SELECT_SQL} AND name = @name`)
  const insert = db.prepare<Named>(`
    INSERT INTO saved_query (name, settings_json, created_by, scope_json, created_at)
    VALUES (@name, @json, @createdBy, @scopeJson, @now)
  `)
  const update = db.prepare<Named>(`
    UPDATE saved_query SET name = @name, settings_json = @json, last_run_at = NULL, last_total = NULL,
      last_question_id = NULL, last_error = ''
    WHERE saved_no = @savedId
  `)
  const remove = db.prepare<Named>(
    'UPDATE saved_query SET removed_at = @now WHERE saved_no = @savedId',
  )
  const setRun = db.prepare<Named>(`
    UPDATE saved_query SET last_run_at = @at, last_total = ifnull(@total, last_total),
      last_question_id = ifnull(@questionId, last_question_id), last_error = @error
    WHERE saved_no = @savedId
  `)
  return {
    list: () => list.all().map(fromRow),
    find: (savedId) => fromRowOrNone(find.get({ savedId })),
    findByName: (name) => fromRowOrNone(findByName.get({ name: searchForm(name) })),
    add: (settings, { createdBy, scope }, now) => {
      const scopeJson = writeScope(scope)
      const json = JSON.stringify(settings)
      const name = searchForm(settings.name)
      return Number(insert.run({ name, json, createdBy, scopeJson, now }).lastInsertRowid)
    },
    update: (savedId, settings) => {
      const json = JSON.stringify(settings)
      update.run({ savedId, name: searchForm(settings.name), json })
    },
    remove: (savedId, now) => void remove.run({ savedId, now }),
    setRun: (savedId, run) => void setRun.run({ savedId, ...run }),
  }
}

function fromRow({ json, scopeJson, ...row }: Row): StoredSavedQuery {
  const settings = JSON.parse(json) as SavedQuerySettings
  return { ...row, settings, scope: readScope(scopeJson) }
}

function fromRowOrNone(row: Row | undefined): StoredSavedQuery | undefined {
  return row === undefined ? undefined : fromRow(row)
}
