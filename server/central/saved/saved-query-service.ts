/** Saved queries: kept, run by people, and run by the clock. */
import type { Cron } from 'croner'
import type {
  SavedQueries,
  SavedQuery,
  SavedQuerySettings,
} from '../../protocol/api/saved-queries.ts'
import { isWithinScope } from '../../protocol/api/scope.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { ALL_MACHINES, type Scope, type ScopeService } from '../accounts/scope-service.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { NotableHub } from '../events/notable-hub.ts'
import type { LiveService } from '../live/live-service.ts'
import type { SavedQueryStore, SavedRun, StoredSavedQuery } from '../store/saved-query-store.ts'
import type { Write } from '../store/stores.ts'
import { parseSearch } from '../streams/parse-search.ts'
import { checkSchedule, startSchedule } from './check-schedule.ts'

const MAX_SAVED = 500

export interface SavedQueryService {
  /** This and all below: those that were saved in this scope, or in a part of it. */
  list(scope: Scope): SavedQueries
  add(settings: SavedQuerySettings, actor: string, scope: Scope): SavedQuery
  update(savedId: number, settings: SavedQuerySettings, actor: string, scope: Scope): SavedQuery
  remove(savedId: number, actor: string, scope: Scope): void
  run(savedId: number, actor: string, scope: Scope): Promise<SavedQuery>
  stop(): void
}

export interface SavedQueryServiceParts {
  saved: SavedQueryStore
  live: LiveService
  /** How many streams of the inventory match. */
  countStreams(query: string, scope: Scope): Promise<number>
  scopes: ScopeService
  notable: NotableHub
  write: Write
  audit: AuditLog
  clock: Clock
  logger: Logger
  /** Schedules may not be closer than this. */
  minScheduleSeconds: number
}

export function createSavedQueryService(parts: SavedQueryServiceParts): SavedQueryService {
  const { saved, live, scopes, notable, write, audit, clock, logger } = parts
  const jobs = new Map<number, Cron>()

  const isVisible = (query: StoredSavedQuery, scope: Scope): boolean =>
    isWithinScope(query.scope, scope?.labels ?? null)
  const find = (savedId: number, scope: Scope): StoredSavedQuery => {
    const query = saved.find(savedId)
    if (query !== undefined && isVisible(query, scope)) return query
    throw new AppError('SAVED_QUERY_NOT_FOUND', 404, `there is no saved query ${savedId}`)
  }
  const toSavedQuery = (query: StoredSavedQuery): SavedQuery => {
    const { createdAt, lastRunAt, scope: _, ...stored } = query
    const next = jobs.get(stored.savedId)?.nextRun() ?? null
    return {
      ...stored,
      createdAt: toTimestamp(createdAt),
      nextRunAt: next === null ? null : next.toISOString(),
      lastRunAt: lastRunAt === null ? null : toTimestamp(lastRunAt),
    }
  }

  const schedule = ({ savedId, settings }: StoredSavedQuery): void => {
    jobs.get(savedId)?.stop()
    jobs.delete(savedId)
    const job = startSchedule(settings.schedule, () => runBySchedule(savedId))
    if (job !== undefined) jobs.set(savedId, job)
  }
  const runBySchedule = async (savedId: number): Promise<void> => {
    const query = saved.find(savedId)
    if (query === undefined) return
    // Whoever made the schedule answers for what it asks.
    await perform(query, query.createdBy).catch((error: unknown) =>
      logger.error({ err: error, savedId }, 'a saved query failed'),
    )
  }

  const perform = async (query: StoredSavedQuery, actor: string): Promise<void> => {
    const run: SavedRun = { at: clock.now(), total: null, questionId: null, error: '' }
    try {
      if (query.settings.kind === 'live') run.questionId = openQuestion(query, actor)
      else run.total = await parts.countStreams(query.settings.query, scopes.of(query.scope))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      run.error = error.message
    }
    saved.setRun(query.savedId, run)
    if (run.total !== null && query.lastTotal !== null && run.total !== query.lastTotal) {
      tellOf(query, query.lastTotal, run)
    }
  }
  const openQuestion = (query: StoredSavedQuery, actor: string): string => {
    const { settings, scope, lastQuestionId } = query
    const last = lastQuestionId === null ? null : live.get(lastQuestionId, ALL_MACHINES)
    if (last?.finishedAt === null) {
      throw new AppError('STILL_OPEN', 409, 'the live query of the run before is still open')
    }
    const {
      kind: _kind,
      name: _name,
      schedule: _schedule,
      ...request
    } = settings as Extract<SavedQuerySettings, { kind: 'live' }>
    return live.ask(request, actor, scopes.of(scope)).questionId
  }
  const tellOf = ({ savedId, settings }: StoredSavedQuery, before: number, run: SavedRun): void =>
    notable.publish({
      kind: 'saved-query.changed',
      at: run.at,
      machineId: null,
      hostname: null,
      summary: `saved query ${settings.name}: ${run.total} streams match, ${before} did before`,
      details: { savedId, name: settings.name, query: settings.query, before, now: run.total },
    })

  const check = (settings: SavedQuerySettings, savedId: number | null): void => {
    const answerer = settings.kind === 'live' ? 'machines' : 'inventory'
    parseSearch(settings.query, clock.now(), answerer)
    checkSchedule(settings.schedule, parts.minScheduleSeconds)
    const namesake = saved.findByName(settings.name)
    if (namesake !== undefined && namesake.savedId !== savedId) {
      throw new AppError('NAME_TAKEN', 409, `there is a saved query ${settings.name} already`)
    }
  }
  for (const query of saved.list()) schedule(query)

  return {
    list: (scope) => ({
      queries: saved
        .list()
        .filter((query) => isVisible(query, scope))
        .map(toSavedQuery),
    }),
    add: (settings, actor, scope) => {
      check(settings, null)
      if (saved.list().length >= MAX_SAVED) {
        throw new AppError('TOO_MANY_QUERIES', 409, `there are ${MAX_SAVED}: remove one first`)
      }
      const savedId = write(() => {
        const by = { createdBy: actor, scope: scope === null ? null : [...scope.labels] }
        const id = saved.add(settings, by, clock.now())
        audit.record(actor, 'saved-query.stored', String(id), settings)
        return id
      })
      schedule(find(savedId, scope))
      return toSavedQuery(find(savedId, scope))
    },
    update: (savedId, settings, actor, scope) => {
      find(savedId, scope)
      check(settings, savedId)
      write(() => {
        saved.update(savedId, settings)
        audit.record(actor, 'saved-query.stored', String(savedId), settings)
      })
      schedule(find(savedId, scope))
      return toSavedQuery(find(savedId, scope))
    },
    remove: (savedId, actor, scope) => {
      find(savedId, scope)
      write(() => {
        saved.remove(savedId, clock.now())
        audit.record(actor, 'saved-query.removed', String(savedId))
      })
      jobs.get(savedId)?.stop()
      jobs.delete(savedId)
    },
    run: async (savedId, actor, scope) => {
      await perform(find(savedId, scope), actor)
      return toSavedQuery(find(savedId, scope))
    },
    stop: () => {
      for (const job of jobs.values()) job.stop()
      jobs.clear()
    },
  }
}
