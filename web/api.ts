/**
 * Central's HTTP API, typed by the protocol's schemas. Every failure is an {@link ApiError}; one that says
 * that the session is over also takes the console back to the sign-in page.
 */

import type { ReadReply, ScanStarted } from '../server/protocol/agent-api.ts'
import type { AuditPage } from '../server/protocol/api/audit.ts'
import type { Enrolment, EnrolmentRequest } from '../server/protocol/api/enrolments.ts'
import type { ComparePage, Explanation, FilePage } from '../server/protocol/api/files.ts'
import type {
  LiveAnswerPage,
  LiveQueryRequest,
  LiveQuestion,
  LiveQuestionPage,
  LiveRowPage,
} from '../server/protocol/api/live-queries.ts'
import type { MachineLabels } from '../server/protocol/api/machine-care.ts'
import type { MachineDetail, MachinePage } from '../server/protocol/api/machines.ts'
import type { OrderPreview, PreviewTargetPage } from '../server/protocol/api/order-previews.ts'
import type {
  ApprovalRequest,
  OrderRequest,
  ReasonRequest,
  RetryRequest,
  UndoRequest,
} from '../server/protocol/api/order-requests.ts'
import type { OrderMachinePage, OrderTargetPage } from '../server/protocol/api/order-targets.ts'
import type { Order, OrderPage } from '../server/protocol/api/orders.ts'
import type { PreviewRequest } from '../server/protocol/api/preview-requests.ts'
import type {
  EnforceRequest,
  Rule,
  RuleExamples,
  RuleReasonRequest,
  RuleRun,
  RuleRunPage,
  RuleSettings,
  Rules,
} from '../server/protocol/api/rules.ts'
import type {
  SavedQueries,
  SavedQuery,
  SavedQuerySettings,
} from '../server/protocol/api/saved-queries.ts'
import type {
  FactorEnrolment,
  FactorRoles,
  FactorState,
  RecoveryCodes,
} from '../server/protocol/api/second-factor.ts'
import type {
  OpenSessionList,
  Session,
  SignIn,
  SignInWays,
} from '../server/protocol/api/session.ts'
import type { CentralSettings } from '../server/protocol/api/settings.ts'
import type { Sink, SinkSettings, Sinks } from '../server/protocol/api/sinks.ts'
import type { CentralStatus } from '../server/protocol/api/status.ts'
import type {
  QuerySuggestions,
  StreamFacets,
  StreamPage,
  StreamRow,
} from '../server/protocol/api/streams.ts'
import type { ApiTokenList, CreatedApiToken, NewApiToken } from '../server/protocol/api/tokens.ts'
import type { Trends } from '../server/protocol/api/trends.ts'
import type {
  NewUser,
  OwnPassword,
  User,
  UserChange,
  UserList,
} from '../server/protocol/api/users.ts'
import type { ErrorReply } from '../server/protocol/errors.ts'
import type { QuarantinePage } from '../server/protocol/quarantine.ts'
import { displayName } from '../server/streams/display-name.ts'
import { type FileSearch, isPath } from './model/file-places.ts'
import { endSession, session } from './session.ts'

const BASE = '/api/v1'

export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** 0: central could not be reached. */
  readonly status: number
  readonly code: string
  readonly details: unknown

  constructor(status: number, reply: ErrorReply) {
    super(reply.message)
    this.status = status
    this.code = reply.code
    this.details = reply.details
  }
}

type Query = Record<string, string | number | boolean | null | undefined>

/** What the console shows of an installer that central hands out. */
export interface OfferedPackage {
  name: string
  sizeBytes: number
  sha256: string
  /** Installs and enrols; TOKEN stands for a token of an enrolment. */
  command: string
}

export interface PageRequest {
  cursor: string | null
  limit: number
}

export const api = {
  /** One that lacks its second factor is none yet: signing in begins anew. */
  session: async () => {
    const found = await call<Session>('GET', '/session')
    if (found.missing === null) return found
    const message = 'Sign in first.'
    throw new ApiError(401, { code: 'NOT_SIGNED_IN', message })
  },
  signIn: (body: SignIn) => call<Session>('POST', '/session', { body }),
  signInWays: () => call<SignInWays>('GET', '/session/ways'),
  signOut: async () => {
    const isFromProvider = session.value?.source === 'openid'
    await call<void>('DELETE', '/session')
    // Or else the next click would sign in again, without a question.
    if (isFromProvider) location.assign(`${BASE}/openid/sign-out`)
  },
  sessions: (abort?: AbortSignal) => call<OpenSessionList>('GET', '/sessions', { abort }),
  endOneSession: (sessionId: number) => call<void>('DELETE', `/sessions/${sessionId}`),
  changeOwnPassword: (body: OwnPassword) => call<void>('POST', '/session/password', { body }),

  factor: (abort?: AbortSignal) => call<FactorState>('GET', '/session/factor', { abort }),
  giveFactor: (code: string) => call<Session>('POST', '/session/factor', { body: { code } }),
  beginFactor: () => call<FactorEnrolment>('POST', '/session/factor/enrolment', { body: {} }),
  confirmFactor: (code: string) =>
    call<RecoveryCodes>('POST', '/session/factor/confirmation', { body: { code } }),
  removeFactor: (code: string) => call<void>('POST', '/session/factor/removal', { body: { code } }),
  resetFactor: (username: string) => call<void>('DELETE', `/users/${segment(username)}/factor`),
  factorRoles: (abort?: AbortSignal) => call<FactorRoles>('GET', '/factor-roles', { abort }),
  setFactorRoles: (body: FactorRoles) => call<FactorRoles>('PUT', '/factor-roles', { body }),

  users: (abort?: AbortSignal) => call<UserList>('GET', '/users', { abort }),
  addUser: (body: NewUser) => call<User>('POST', '/users', { body }),
  changeUser: (username: string, body: UserChange) =>
    call<User>('PATCH', `/users/${segment(username)}`, { body }),

  tokens: (abort?: AbortSignal) => call<ApiTokenList>('GET', '/tokens', { abort }),
  createToken: (body: NewApiToken) => call<CreatedApiToken>('POST', '/tokens', { body }),
  endToken: (tokenId: number) => call<void>('DELETE', `/tokens/${tokenId}`),

  machines: (page: PageRequest, abort?: AbortSignal) =>
    call<MachinePage>('GET', '/machines', { query: { ...page }, abort }),
  machine: (id: string, abort?: AbortSignal) =>
    call<MachineDetail>('GET', `/machines/${segment(id)}`, { abort }),
  scan: (id: string) => call<ScanStarted>('POST', `/machines/${segment(id)}/scan`, { body: {} }),

  streams: (request: { q: string; gone: boolean } & PageRequest, abort?: AbortSignal) =>
    call<StreamPage>('GET', '/streams', { query: { ...request }, abort }),
  facets: (q: string, gone: boolean, abort?: AbortSignal) =>
    call<StreamFacets>('GET', '/streams/facets', { query: { q, gone }, abort }),
  stream: (id: string, abort?: AbortSignal) =>
    call<StreamRow>('GET', `/streams/${segment(id)}`, { abort }),
  content: (id: number, offset: number, length: number, abort?: AbortSignal) =>
    call<ReadReply>('GET', `/streams/${id}/content`, { query: { offset, length }, abort }),

  suggest: (q: string, position: number, abort?: AbortSignal) =>
    call<QuerySuggestions>('GET', '/streams/suggest', { query: { q, position }, abort }),

  files: (search: AskedFile, page: PageRequest, abort?: AbortSignal) =>
    call<FilePage>('GET', '/files', { query: { ...fileQuery(search), ...page }, abort }),
  explain: (streamId: number, live: boolean, abort?: AbortSignal) =>
    call<Explanation>('GET', '/files/explain', { query: { streamId, live }, abort }),
  compare: (a: string, b: string, page: PageRequest, abort?: AbortSignal) =>
    call<ComparePage>('GET', '/machines/compare', { query: { a, b, ...page }, abort }),

  previewOrder: (body: PreviewRequest, waitMs: number) =>
    call<OrderPreview>('POST', '/orders/previews', { query: { waitMs }, body }),
  preview: (id: string, waitMs: number, abort?: AbortSignal) =>
    call<OrderPreview>('GET', `/orders/previews/${segment(id)}`, { query: { waitMs }, abort }),
  previewTargets: (id: string, page: PageRequest, abort?: AbortSignal) =>
    call<PreviewTargetPage>('GET', `/orders/previews/${segment(id)}/targets`, {
      query: { ...page },
      abort,
    }),
  forgetPreview: (id: string) => call<void>('DELETE', `/orders/previews/${segment(id)}`),
  createOrder: (body: OrderRequest) => call<Order>('POST', '/orders', { body }),
  orders: (page: PageRequest, abort?: AbortSignal) =>
    call<OrderPage>('GET', '/orders', { query: { ...page }, abort }),
  order: (id: string, abort?: AbortSignal) =>
    call<Order>('GET', `/orders/${segment(id)}`, { abort }),
  orderTargets: (id: string, state: string, page: PageRequest, abort?: AbortSignal) =>
    call<OrderTargetPage>('GET', `/orders/${segment(id)}/targets`, {
      query: { state, ...page },
      abort,
    }),
  orderMachines: (id: string, page: PageRequest, abort?: AbortSignal) =>
    call<OrderMachinePage>('GET', `/orders/${segment(id)}/machines`, { query: { ...page }, abort }),
  /** What takes the number of targets, typed by hand. */
  confirmOrder: (
    id: string,
    deed: 'approve' | 'undo' | 'retry',
    body: ApprovalRequest | UndoRequest | RetryRequest,
  ) => call<Order>('POST', `/orders/${segment(id)}/${deed}`, { body }),
  decideOrder: (id: string, deed: 'reject' | 'pause' | 'resume' | 'cancel', body: ReasonRequest) =>
    call<Order>('POST', `/orders/${segment(id)}/${deed}`, { body }),

  askLive: (body: Partial<LiveQueryRequest>) =>
    call<LiveQuestion>('POST', '/live-queries', { body }),
  liveQueries: (page: PageRequest, abort?: AbortSignal) =>
    call<LiveQuestionPage>('GET', '/live-queries', { query: { ...page }, abort }),
  liveQuery: (id: string, abort?: AbortSignal) =>
    call<LiveQuestion>('GET', `/live-queries/${segment(id)}`, { abort }),
  liveAnswers: (id: string, page: PageRequest, abort?: AbortSignal) =>
    call<LiveAnswerPage>('GET', `/live-queries/${segment(id)}/answers`, {
      query: { ...page },
      abort,
    }),
  liveRows: (id: string, page: PageRequest, abort?: AbortSignal) =>
    call<LiveRowPage>('GET', `/live-queries/${segment(id)}/rows`, { query: { ...page }, abort }),
  cancelLive: (id: string) =>
    call<LiveQuestion>('POST', `/live-queries/${segment(id)}/cancel`, { body: {} }),
  askLiveAgain: (id: string) =>
    call<LiveQuestion>('POST', `/live-queries/${segment(id)}/ask-again`, { body: {} }),

  rules: (abort?: AbortSignal) => call<Rules>('GET', '/rules', { abort }),
  ruleExamples: (abort?: AbortSignal) => call<RuleExamples>('GET', '/rules/examples', { abort }),
  rule: (id: string, abort?: AbortSignal) => call<Rule>('GET', `/rules/${segment(id)}`, { abort }),
  ruleResults: (id: string, page: PageRequest, abort?: AbortSignal) =>
    call<RuleRunPage>('GET', `/rules/${segment(id)}/results`, { query: { ...page }, abort }),
  addRule: (body: RuleSettings) => call<Rule>('POST', '/rules', { body }),
  changeRule: (id: number, body: RuleSettings) => call<Rule>('PUT', `/rules/${id}`, { body }),
  removeRule: (id: number) => call<void>('DELETE', `/rules/${id}`),
  runRule: (id: number) => call<RuleRun>('POST', `/rules/${id}/run`, { body: {} }),
  enforceRule: (id: number, body: EnforceRequest) =>
    call<Rule>('POST', `/rules/${id}/enforce`, { body }),
  reportRule: (id: number, body: RuleReasonRequest) =>
    call<Rule>('POST', `/rules/${id}/report`, { body }),
  pauseRule: (id: number, body: RuleReasonRequest) =>
    call<Rule>('POST', `/rules/${id}/pause`, { body }),

  audit: (page: PageRequest & { about?: string }, abort?: AbortSignal) =>
    call<AuditPage>('GET', '/audit', { query: { ...page }, abort }),
  status: (abort?: AbortSignal) => call<CentralStatus>('GET', '/status', { abort }),
  settings: (abort?: AbortSignal) => call<CentralSettings>('GET', '/settings', { abort }),
  trends: (days: number, abort?: AbortSignal) =>
    call<Trends>('GET', '/trends', { query: { days }, abort }),

  labels: (id: string, abort?: AbortSignal) =>
    call<MachineLabels>('GET', `/machines/${segment(id)}/labels`, { abort }),
  setLabels: (id: string, labels: string[]) =>
    call<MachineLabels>('PUT', `/machines/${segment(id)}/labels`, { body: { labels } }),
  quarantine: (id: string, page: PageRequest, abort?: AbortSignal) =>
    call<QuarantinePage>('GET', `/machines/${segment(id)}/quarantine`, {
      query: { ...page },
      abort,
    }),

  packages: async (abort?: AbortSignal): Promise<OfferedPackage[]> => {
    const answer = await call<{ packages?: OfferedPackage[] }>('GET', '/packages', { abort })
    return (answer.packages ?? []).filter(({ name }) => typeof name === 'string')
  },

  sinks: (abort?: AbortSignal) => call<Sinks>('GET', '/sinks', { abort }),
  addSink: (body: SinkSettings) => call<Sink>('POST', '/sinks', { body }),
  testSink: (id: number) => call<void>('POST', `/sinks/${id}/test`, { body: {} }),
  removeSink: (id: number) => call<void>('DELETE', `/sinks/${id}`),

  savedQueries: (abort?: AbortSignal) => call<SavedQueries>('GET', '/saved-queries', { abort }),
  saveQuery: (body: SavedQuerySettings) => call<SavedQuery>('POST', '/saved-queries', { body }),
  runSavedQuery: (id: number) => call<SavedQuery>('POST', `/saved-queries/${id}/run`, { body: {} }),
  removeSavedQuery: (id: number) => call<void>('DELETE', `/saved-queries/${id}`),
  enrol: (body: EnrolmentRequest) => call<Enrolment>('POST', '/enrolments', { body }),
}

/** Left for rather than called: the provider's page comes, and then the console again. */
export const OPENID_START = `${BASE}/openid/start`

/** A link that downloads everything a query matches. */
export function exportUrl(q: string, gone: boolean, format: 'ndjson' | 'csv'): string {
  return `${BASE}/streams/export${queryString({ q, gone, format })}`
}

/** A link that downloads every target of an order, or what a preview has frozen. */
export function orderExportUrl(place: string, format: 'ndjson' | 'csv', state = ''): string {
  return `${BASE}/orders/${place}/export${queryString({ state, format })}`
}

/** A link that downloads everything a live query has found so far. */
export function liveExportUrl(questionId: string, format: 'ndjson' | 'csv'): string {
  return `${BASE}/live-queries/${segment(questionId)}/rows/export${queryString({ format })}`
}

/** A link that downloads what is known of a file on every machine. */
export function filesExportUrl(search: AskedFile, format: 'ndjson' | 'csv'): string {
  return `${BASE}/files/export${queryString({ ...fileQuery(search), format })}`
}

type AskedFile = Omit<FileSearch, 'explained'>

/** A folder and a hash are for machines that look now; the inventory knows neither. */
function fileQuery({ name, folder, sha256, isLive }: AskedFile): Query {
  const file = isPath(name) ? { path: name } : { name }
  return isLive ? { ...file, live: true, folder, sha256 } : file
}

/** A link that downloads an installer. */
export function packageUrl(name: string): string {
  return `${BASE}/packages/${segment(name)}`
}

/** Ids from the address bar are anybody's text. */
const segment = encodeURIComponent

interface CallOptions {
  query?: Query
  body?: unknown
  abort?: AbortSignal | undefined
}

async function call<Reply>(
  method: string,
  path: string,
  { query = {}, body, abort }: CallOptions = {},
): Promise<Reply> {
  const request: RequestInit = { method, credentials: 'same-origin', cache: 'no-store' }
  if (abort) request.signal = abort
  if (body !== undefined) {
    request.body = JSON.stringify(body)
    request.headers = { 'content-type': 'application/json' }
  }
  const response = await fetch(`${BASE}${path}${queryString(query)}`, request).catch((cause) => {
    if (abort?.aborted) throw cause
    throw new ApiError(0, {
      code: 'CENTRAL_UNREACHABLE',
      message: 'Central does not answer. Check that it is running and that this PC can reach it.',
    })
  })
  if (response.status === 204) return undefined as Reply
  const reply: unknown = await response.json().catch(() => null)
  if (response.ok && reply !== null) return reply as Reply
  const error = new ApiError(response.status, asErrorReply(reply, response.status))
  if (error.code === 'NOT_SIGNED_IN') endSession()
  throw error
}

/** Absent and empty parameters are left out: the routes' defaults hold. */
function queryString(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '' && value !== false) {
      parameters.set(name, String(value))
    }
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** Something between us and central may answer in a shape of its own. */
function asErrorReply(reply: unknown, status: number): ErrorReply {
  if (typeof reply === 'object' && reply !== null && 'code' in reply && 'message' in reply) {
    return { details: undefined, ...reply } as ErrorReply
  }
  return { code: 'UNKNOWN', message: `Central answered with status ${status} and no explanation.` }
}

/**
 * For people, whatever was thrown; as a sentence, which messages written for logs often are not. Some repeat what an
 * agent said, so what cannot be seen in them is made visible.
 */
export function messageOf(error: unknown): string {
  const message = displayName(error instanceof Error ? error.message : String(error))
  return message.charAt(0).toUpperCase() + message.slice(1)
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code
}

/** What an address names does not exist, or could not: an id in it may be any text. */
export function isNotThere(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.code === 'REQUEST_INVALID')
}
