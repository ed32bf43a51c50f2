/** A real agent over a real folder, in the fleet of a real central. */
import { enroll } from '../../../server/agent/enroll.ts'
import type { AgentOptions, RunningAgent } from '../../../server/agent/start-agent.ts'
import { anAgent, aPlace, firstScan, type Place } from '../agent/support/agent-fixture.ts'
import { type Fleet, until } from './fleet.ts'

export interface RealAgent extends RunningAgent {
  readonly place: Place
  readonly machineId: string
}

/** Enrolled, connected, and scanned once. `fill` puts the files there before. */
export async function aRealAgent(
  fleet: Fleet,
  name: string,
  fill: (place: Place) => void = () => {},
  options: Partial<AgentOptions> = {},
): Promise<RealAgent> {
  const place = aPlace('/dev/shm')
  fill(place)
  await enrolAs(fleet, name, place)
  return startRealAgent(place, options)
}

export async function enrolAs(fleet: Fleet, name: string, place: Place): Promise<void> {
  const { stateDir, data } = place
  const token = await fleet.token()
  await enroll({ stateDir, serverUrl: fleet.central.url, token, scope: [data], exclude: [], name })
}

export async function startRealAgent(
  place: Place,
  options: Partial<AgentOptions> = {},
): Promise<RealAgent> {
  const agent = await anAgent(place, options)
  await until(() => agent.status().link === 'connected' || undefined)
  await firstScan(agent)
  await until(() => agent.status().unacknowledged === 0 || undefined)
  return { ...agent, place, machineId: agent.status().machineId as string }
}
