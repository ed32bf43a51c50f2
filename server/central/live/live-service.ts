/** Live questions: who may ask how much, whom, and what came of it. */
import { randomUUID } from 'node:crypto'
import type {
  AskAgainRequest,
  LiveAnswer,
  LiveAnswerPage,
  LiveAnswerState,
  LiveLine,
  LiveQueryRequest,
  LiveQuestion,
  LiveQuestionPage,
  LiveRow,
  LiveRowPage,
} from '../../protocol/api/live-queries.ts'
import type { AskLimits } from '../../protocol/ask.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { asksFor } from '../../streams/query/evaluate-query.ts'
import { isInScope, type Scope } from '../accounts/scope-service.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import { machineMatcher, type SelectableMachine } from '../machines/machine-matching.ts'
import type { LiveStore, StoredAnswer, StoredQuestion } from '../store/live-store.ts'
import type { Write } from '../store/stores.ts'
import { parseSearch } from '../streams/parse-search.ts'
import { createLiveRows } from './live-rows.ts'
import { createLiveRunner, type LiveRunner } from './live-runner.ts'

const MAX_OPEN_BY_USER = 10
const MAX_OPEN = 50
const ANSWERS_KEPT_MS = 30 * 86_400_000
const DEFAULT_LIMITS: AskLimits = { timeMs: 30_000, rows: 500, bytes: 1_048_576 }

type PageRequest = { cursor?: string | undefined; limit: number }

export interface LiveService {
  /** Asks machines within the scope only, whatever the request means. */
  ask(request: LiveQueryRequest, actor: string, scope: Scope): LiveQuestion
  /** This and all below: a question that asked machines beyond the scope is not there. */
  get(questionId: string, scope: Scope): LiveQuestion
  page(page: PageRequest, scope: Scope): LiveQuestionPage
  answers(
    questionId: string,
    filter: { state?: LiveAnswerState | 'unanswered' | undefined },
    page: PageRequest,
    scope: Scope,
  ): LiveAnswerPage
  rows(questionId: string, page: PageRequest, scope: Scope): LiveRowPage
  /** All rows that have come, some at a time. */
  export(questionId: string, scope: Scope): AsyncGenerator<LiveRow[], void, undefined>
  /** Answers as they come, until the question is finished. Ends early with the signal. */
  follow(
    questionId: string,
    signal: AbortSignal,
    scope: Scope,
  ): AsyncGenerator<LiveLine, void, undefined>
  cancel(questionId: string, actor: string, scope: Scope): LiveQuestion
  askAgain(questionId: string, request: AskAgainRequest, actor: string, scope: Scope): LiveQuestion
  /** Whether somebody with this scope may know of it. */
  isVisible(questionId: string, scope: Scope): boolean
  /** The machine can be asked. */
  connected(machineId: MachineId): void
  load: LiveRunner['load']
  stop(): Promise<void>
}

export interface LiveServiceParts {
  live: LiveStore
  /** All that may be asked, by hostname. */
  listMachines(): readonly SelectableMachine[]
  labelsOf(machineId: MachineId): readonly string[]
  write: Write
  link: AgentLink
  audit: AuditLog
  events: EventHub
  clock: Clock
  logger: Parameters<typeof createLiveRunner>[0]['logger']
  /** How often it is looked who did not come in time. */
  tickMs: number
  graceMs: number
}

export function createLiveService(parts: LiveServiceParts): LiveService {
  const { live, link, audit, events, clock } = parts
  const rows = createLiveRows(live)
  /** Whoever follows a question is woken by its changes. */
  const followers = new Map<string, Set<() => void>>()

  const changed = (questionId: string): void => {
    events.publish({ type: 'live.changed', questionId })
    for (const wake of followers.get(questionId) ?? []) wake()
  }
  const runner = createLiveRunner({ ...parts, changed, busyRetryMs: parts.tickMs })

  const isVisible = (questionId: string, scope: Scope): boolean =>
    scope === null || live.isWithin(questionId, scope.machineNos)
  const find = (questionId: string, scope: Scope): StoredQuestion => {
    const question = live.find(questionId)
    if (question !== undefined && isVisible(questionId, scope)) return question
    throw new AppError('QUESTION_NOT_FOUND', 404, `there is no live query ${questionId}`)
  }
  const get = (questionId: string, scope: Scope): LiveQuestion =>
    toQuestion(find(questionId, scope))
  const toAnswer = (answer: StoredAnswer): LiveAnswer =>
    describeAnswer(answer, link.isOnline(answer.machineId))

  const admit = (actor: string): void => {
    const open = live.countOpen(actor)
    if (open.byUser < MAX_OPEN_BY_USER && open.all < MAX_OPEN) return
    throw new AppError(
      'TOO_MANY_QUESTIONS',
      429,
      `${open.byUser} of your live queries are still open, or too many of all: wait, or cancel some`,
    )
  }

  /** Who is online is asked; who is not is waited for until the question expires. */
  const expire = (): void => {
    for (const { questionId, machineId } of live.listExpired(clock.now())) {
      if (link.isOnline(machineId)) continue
      const reason = 'The machine is not connected.'
      live.settle(questionId, machineId, { state: 'offline', reason, reply: null }, clock.now())
      changed(questionId)
    }
  }
  live.putAllBack()
  const timer = setInterval(expire, parts.tickMs)
  timer.unref()

  return {
    isVisible,
    ask: (request, actor, scope) => {
      const query = parseSearch(request.query, clock.now(), 'machines')
      const remembered = (['first', 'gone'] as const).find((field) => asksFor(query, field))
      if (remembered !== undefined) throw notLive(remembered)
      const chosen = parts
        .listMachines()
        .filter(machineMatcher(request.machines))
        .filter(({ machineId }) => isInScope(scope, machineId))
      if (chosen.length === 0) {
        throw new AppError('NO_MACHINES', 400, 'no machine is meant by this; look at the labels')
      }
      const now = clock.now()
      const questionId = randomUUID()
      const expiresAt = now + request.waitForOfflineSeconds * 1_000
      parts.write(() => {
        admit(actor)
        live.forgetRows(now - ANSWERS_KEPT_MS)
        const limits = { ...DEFAULT_LIMITS, ...request.limits }
        live.add(
          { ...request, limits, questionId, createdBy: actor, expiresAt },
          chosen.map(({ machineId }) => ({ machineId, ...initialState(machineId) })),
          now,
        )
        const { query: q, paths, machines } = request
        const details = { query: q, paths, machines, machineCount: chosen.length }
        audit.record(actor, 'live.asked', questionId, details)
      })
      changed(questionId)
      runner.askFor(questionId)
      return get(questionId, scope)

      function initialState(machineId: MachineId): { state: LiveAnswerState; reason: string } {
        const isAsked = link.isOnline(machineId) || expiresAt > now
        if (isAsked) return { state: 'waiting', reason: '' }
        return { state: 'offline', reason: 'The machine is not connected.' }
      }
    },
    get,
    page: (page, scope) => {
      const { questions, cursor } = live.page(page, scope?.machineNos ?? null)
      return { questions: questions.map(toQuestion), cursor }
    },
    answers: (questionId, filter, page, scope) => {
      find(questionId, scope)
      const { answers, cursor } = live.answerPage(questionId, filter, page)
      return { answers: answers.map(toAnswer), cursor }
    },
    rows: (questionId, page, scope) => {
      find(questionId, scope)
      return rows.page(questionId, page)
    },
    export: (questionId, scope) => {
      find(questionId, scope)
      return exportRows(questionId, scope)
    },
    follow: (questionId, signal, scope) => {
      find(questionId, scope)
      return follow(questionId, signal, scope)
    },
    cancel: (questionId, actor, scope) => {
      find(questionId, scope)
      const running = parts.write(() => {
        const reason = `Cancelled by ${actor}.`
        const asked = live.cancel(questionId, reason, true, clock.now())
        audit.record(actor, 'live.cancelled', questionId)
        return asked
      })
      runner.cancel(running)
      changed(questionId)
      return get(questionId, scope)
    },
    askAgain: (questionId, { states, waitForOfflineSeconds }, actor, scope) => {
      find(questionId, scope)
      const expiresAt = clock.now() + waitForOfflineSeconds * 1_000
      parts.write(() => {
        admit(actor)
        const machineCount = live.askAgain(questionId, states, expiresAt)
        audit.record(actor, 'live.asked-again', questionId, { states, machineCount })
      })
      expire()
      changed(questionId)
      runner.askFor(questionId)
      return get(questionId, scope)
    },
    connected: (machineId) => runner.askMachine(machineId),
    load: runner.load,
    stop: async () => {
      clearInterval(timer)
      await runner.stop()
    },
  }

  /** Some at a time: the scope may become another one meanwhile. */
  async function* exportRows(
    questionId: string,
    scope: Scope,
  ): AsyncGenerator<LiveRow[], void, undefined> {
    for await (const some of rows.all(questionId)) {
      find(questionId, scope)
      yield some
    }
  }

  async function* follow(
    questionId: string,
    signal: AbortSignal,
    scope: Scope,
  ): AsyncGenerator<LiveLine, void, undefined> {
    let settledNo = 0
    let isWoken = false
    let wake = (): void => {
      isWoken = true
    }
    const onChange = (): void => wake()
    const waiting = followers.get(questionId) ?? new Set()
    followers.set(questionId, waiting.add(onChange))
    signal.addEventListener('abort', onChange)
    try {
      while (!signal.aborted) {
        isWoken = false
        // Read before the answers: one that comes in between is then seen in the next turn.
        const question = get(questionId, scope)
        const answers = live.settledAfter(questionId, settledNo, 50)
        for (const answer of answers) {
          settledNo = answer.settledNo ?? settledNo
          yield { type: 'answer', answer: toAnswer(answer) }
          for (const row of rows.of(questionId, answer)) yield { type: 'row', row }
        }
        if (answers.length > 0 || isWoken) continue
        if (question.finishedAt !== null) {
          yield { type: 'finished', question }
          return
        }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = () => {
          isWoken = true
        }
      }
    } finally {
      signal.removeEventListener('abort', onChange)
      waiting.delete(onChange)
      if (waiting.size === 0) followers.delete(questionId)
    }
  }
}

function notLive(field: string): AppError {
  const message = `${field}: is what central remembers and no disk knows: search the inventory for it`
  return new AppError('QUERY_NOT_LIVE', 400, message)
}

function toQuestion({ waitForOfflineSeconds: _, ...stored }: StoredQuestion): LiveQuestion {
  return {
    ...stored,
    createdAt: toTimestamp(stored.createdAt),
    expiresAt: toTimestamp(stored.expiresAt),
    finishedAt: stored.finishedAt === null ? null : toTimestamp(stored.finishedAt),
  }
}

function describeAnswer(answer: StoredAnswer, isOnline: boolean): LiveAnswer {
  const { machineId, hostname, state, reason, askedCount, settledAt, rowCount, reply } = answer
  return {
    machineId,
    hostname,
    isOnline,
    state,
    reason,
    askedCount,
    settledAt: settledAt === null ? null : toTimestamp(settledAt),
    rowCount,
    stopped: reply?.stopped ?? null,
    carriersSeen: reply?.carriersSeen ?? 0,
    unreadableCount: reply?.unreadableCount ?? 0,
    places: reply?.places ?? [],
    unreadable: reply?.unreadable ?? [],
    tookMs: reply?.tookMs ?? 0,
  }
}
