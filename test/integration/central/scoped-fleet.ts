/**
 * Two machines, of which somebody may know of one only. Whatever is of the other one has a name that nothing else has, so
 * that it is seen wherever it comes out.
 */
import { expect } from 'vitest'
import type { CentralOptions } from '../../../server/central/start-central.ts'
import type { Role } from '../../../server/protocol/api/permission-table.ts'
import { type Answer, type Fleet, openFleet } from './fleet.ts'
import { stream, type TestAgent } from './test-agent.ts'

export const LABEL = 'Lab-PCs'
const PASSWORD = 'a password of some length'

/** In every name, path, host, label, reason and query of what lies beyond. */
export const SECRET = /secret-|secret\.example|secret (reason|saved|rule|sink|token)/i

export interface ScopedFleet {
  fleet: Fleet
  lab: TestAgent
  secret: TestAgent
  labStream: number
  secretStream: number
  /** Of the other machine: what an address or a body may name. */
  ids: Record<string, string>
}

export async function openScopedFleet(
  overrides: Partial<CentralOptions> = {},
): Promise<ScopedFleet> {
  const fleet = await openFleet(overrides)
  const lab = await fleet.agent('LAB-1')
  const secret = await fleet.agent('SECRET-MACHINE')
  await label(fleet, lab, [LABEL])
  await label(fleet, secret, ['secret-label'])
  await lab.report([stream()])
  await secret.report([
    stream(secretStream()),
    stream({ ...secretStream(), stream: 'secret-stream', verdict: 'suspicious' }),
    // The same item as on the lab machine: counts that are kept have both.
    stream(),
  ])
  for (const agent of [lab, secret]) agent.finishScan()
  const streamOf = async (q: string) => (await fleet.search(q)).streams[0]!.streamId
  const labStream = await streamOf('machine:LAB-1')
  const secretStreamId = await streamOf('name:secret-file.exe')
  const ids = await secretThings(fleet, secret, secretStreamId)
  return { fleet, lab, secret, labStream, secretStream: secretStreamId, ids }
}

function secretStream() {
  return {
    path: 'C:\\secret-folder\\secret-file.exe',
    links: ['C:\\secret-folder\\secret-file.exe'],
    identity: 'ntfs:281474976710999' as never,
    sha256: '5'.repeat(64) as never,
    rule: 'secret-rule',
    origin: {
      ...stream().origin!,
      id: 4,
      hostUrl: 'https://secret.example/x',
      referrerUrl: 'https://secret.example/y',
      lastWriterPackageFamilyName: 'secret-writer',
    },
  }
}

export async function label(fleet: Fleet, agent: TestAgent, labels: string[]): Promise<void> {
  const path = `/api/v1/machines/${agent.machineId}/labels`
  expect((await fleet.call('PUT', path, { labels })).status).toBe(200)
}

/** One of everything that an administrator can make about the other machine. */
async function secretThings(
  fleet: Fleet,
  { machineId }: TestAgent,
  streamId: number,
): Promise<Record<string, string>> {
  const made = async (path: string, body: object): Promise<Answer['body']> => {
    const answer = await fleet.post(path, body)
    expect([path, answer.status, answer.body.message]).toEqual([path, 201, undefined])
    return answer.body
  }
  const preview = await fleet.preview({
    action: 'strip',
    selection: { query: 'name:secret-file.exe' },
  })
  const ordered = await fleet.preview({ action: 'strip', selection: { streamIds: [streamId] } })
  const order = await made('/orders', {
    previewId: ordered.previewId,
    confirmCount: 1,
    reason: 'secret reason',
  })
  const question = await made('/live-queries', {
    query: 'name:secret-file.exe',
    machines: { machineIds: [machineId] },
    waitForOfflineSeconds: 60,
  })
  const saved = await made('/saved-queries', {
    kind: 'inventory',
    name: 'secret saved',
    query: 'name:secret-file.exe',
    schedule: null,
  })
  const rule = await made('/rules', {
    ...(await fleet.get('/rules/examples')).body.examples[0],
    name: 'secret rule',
    query: 'name:secret-file.exe',
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  })
  const labelRule = await made('/label-rules', {
    label: 'secret-label',
    facts: { hostname: 'SECRET-*' },
  })
  const sink = await made('/sinks', {
    kind: 'webhook',
    name: 'secret sink',
    isEnabled: false,
    url: 'http://127.0.0.1:9/secret',
    kinds: ['order.created'],
  })
  const user = { username: 'secret-user', password: PASSWORD, role: 'viewer' }
  await made('/users', user)
  const wanted = { name: 'secret token', permissions: ['inventory.read'] }
  const token = await made('/tokens', wanted)
  const [enrolment] = (await fleet.get('/enrolments')).body.enrolments
  return {
    machineId,
    streamId: String(streamId),
    orderId: order.orderId,
    previewId: preview.previewId,
    targetId: (await fleet.get(`/orders/${order.orderId}/targets`)).body.targets[0].targetId,
    questionId: question.questionId,
    savedId: String(saved.savedId),
    ruleId: String(rule.ruleId),
    ruleNo: String(labelRule.ruleNo),
    sinkId: String(sink.sinkId),
    username: 'secret-user',
    tokenId: String(token.tokenId),
    sessionId: '1',
    pendingNo: '1',
    enrolmentNo: String(enrolment.enrolmentNo),
    name: 'secret-package.msi',
  }
}

export interface Person {
  cookie: string
  call(method: string, path: string, body?: unknown): Promise<Answer>
  get(path: string): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
}

/** Somebody with a scope, signed in. */
export async function person(
  fleet: Fleet,
  username: string,
  role: Role,
  scope: string[] | null = [LABEL],
): Promise<Person> {
  const added = await fleet.post('/users', { username, password: PASSWORD, role, scope })
  expect(added).toMatchObject({ status: 201, body: { scope } })
  return signIn(fleet, username)
}

export async function signIn(fleet: Fleet, username: string): Promise<Person> {
  const body = { username, password: PASSWORD }
  const answer = await fleet.call('POST', '/api/v1/session', body, { cookie: '' })
  expect(answer.status).toBe(200)
  return withHeaders(fleet, { cookie: answer.headers.getSetCookie()[0]!.split(';')[0]! })
}

export function withHeaders(fleet: Fleet, headers: Record<string, string>): Person {
  const call = (method: string, path: string, body?: unknown) =>
    fleet.call(method, `/api/v1${path}`, body, { cookie: '', ...headers })
  return {
    cookie: headers.cookie ?? '',
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
  }
}
