/** A central that speaks TLS by its own authority, and real agents that join it with an enrolment string. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { onTestFinished } from 'vitest'
import { type Enrolled, enroll } from '../../../../server/agent/enroll.ts'
import type { RunningAgent } from '../../../../server/agent/start-agent.ts'
import type { CentralOptions } from '../../../../server/central/start-central.ts'
import type { Enrolment } from '../../../../server/protocol/api/enrolments.ts'
import { AppError } from '../../../../server/shared/app-error.ts'
import { anAgent, aPlace, type Place } from '../../agent/support/agent-fixture.ts'
import { until } from '../../agent/support/until.ts'
import { Fleet } from '../../central/fleet.ts'

const SYSTEM_ROOTS = getCACertificates('default')

/** `fetch` of this process, which is a browser here, trusts this central's authorities. */
export function trustInBrowser(fleet: Fleet): void {
  const authority = readFileSync(join(fleet.dataDir, 'authority.pem'), 'utf8')
  setDefaultCACertificates([...SYSTEM_ROOTS, authority])
}

export async function secureFleet(overrides: Partial<CentralOptions> = {}): Promise<Fleet> {
  const fleet = new Fleet({ tls: 'own', names: ['127.0.0.1'], ...overrides })
  await fleet.start()
  onTestFinished(() => fleet.close())
  trustInBrowser(fleet)
  await fleet.signIn()
  return fleet
}

export async function invitation(fleet: Fleet, changes: object = {}): Promise<Enrolment> {
  const answer = await fleet.post('/enrolments', changes)
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return answer.body
}

export function joinFleet(place: Place, text: string, more: object = {}): Promise<Enrolled> {
  return enroll({
    stateDir: place.stateDir,
    invitation: text,
    scope: [place.data],
    exclude: [],
    ...more,
  })
}

export interface Member {
  place: Place
  agent: RunningAgent
  machineId: string
}

/** An agent that is enrolled and connected. */
export async function aMember(fleet: Fleet, changes: object = {}): Promise<Member> {
  const place = aPlace()
  const { invitation: text } = await invitation(fleet, changes)
  const { machineId } = await joinFleet(place, text)
  const agent = await anAgent(place)
  await connected(agent)
  return { place, agent, machineId: machineId as string }
}

export function connected(agent: RunningAgent): Promise<void> {
  return until(() => agent.status().link === 'connected', 'the link')
}

export async function linkCode(agent: RunningAgent, code: string): Promise<void> {
  await until(() => agent.status().linkCode === code, `the link code ${code}`)
}

/** The code of an expected failure. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => null,
    (failure: unknown) => failure,
  )
  if (error instanceof AppError) return error.code
  throw new Error(`no expected failure: ${String(error)}`)
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into a file of ours
export function identityOf({ stateDir }: Place): any {
  return JSON.parse(readFileSync(join(stateDir, 'identity.json'), 'utf8'))
}

export function changeIdentity(place: Place, changes: object): void {
  const file = join(place.stateDir, 'identity.json')
  writeFileSync(file, JSON.stringify({ ...identityOf(place), ...changes }))
}
