/** Rules, made and let act as people do. */
import type { Rule, RuleRun } from '../../../server/protocol/api/rules.ts'
import type { Fleet } from './fleet.ts'

export const YEAR_MS = 365 * 86_400_000

export const settingsOf = (change: object = {}) => ({
  name: 'ours',
  query: 'zone:3 host:example.com ext:exe',
  action: 'strip',
  schedule: null,
  onInventory: false,
  caps: { perMachinePerDay: 100, perDay: 100, stopAtFailedPercent: 10 },
  expiresAt: new Date(Date.now() + YEAR_MS).toISOString(),
  ...change,
})

export async function aRule(fleet: Fleet, change: object = {}): Promise<number> {
  const { status, body } = await fleet.post('/rules', settingsOf(change))
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body.ruleId
}

export const ruleOf = async (fleet: Fleet, id: number) =>
  (await fleet.get(`/rules/${id}`)).body as Rule
export const runOf = async (fleet: Fleet, id: number) =>
  (await fleet.post(`/rules/${id}/run`, {})).body
export const runsOf = async (fleet: Fleet, id: number) =>
  (await fleet.get(`/rules/${id}/results`)).body.runs as RuleRun[]
export const ordersOf = async (fleet: Fleet) => (await fleet.get('/orders')).body.orders

export const enforce = (fleet: Fleet, id: number, confirmCount: number) =>
  fleet.post(`/rules/${id}/enforce`, { confirmCount, reason: 'looked at its report' })

/** Reported once, and let act. */
export async function anEnforcedRule(fleet: Fleet, change: object = {}): Promise<number> {
  const id = await aRule(fleet, change)
  const { chosen } = await runOf(fleet, id)
  const { status, body } = await enforce(fleet, id, chosen)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return id
}
