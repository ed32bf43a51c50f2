/** Labels of machines: by hand, and by rules over what their agents say. */
import type {
  LabelRule,
  LabelRules,
  MachineLabels,
  NewLabelRule,
} from '../../protocol/api/machine-care.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { CaredMachine, MachineCareStore } from '../store/machine-care-store.ts'
import type { Write } from '../store/stores.ts'
import { factsMatcher } from './machine-matching.ts'

const MAX_RULES = 200

export interface LabelService {
  get(machineId: MachineId): MachineLabels
  /** Those given by hand: exactly these. Rules keep theirs. */
  set(machineId: MachineId, labels: readonly string[], actor: string): MachineLabels
  listRules(): LabelRules
  addRule(rule: NewLabelRule, actor: string): LabelRule
  removeRule(ruleNo: number, actor: string): void
  /** The agent has said what its machine is. */
  applyRules(machineId: MachineId, facts: MachineFacts): void
}

export interface LabelServiceParts {
  care: MachineCareStore
  write: Write
  audit: AuditLog
  events: EventHub
  clock: Clock
  /** The labels of a machine are others now. */
  labelled(machine: CaredMachine): void
}

export function createLabelService(parts: LabelServiceParts): LabelService {
  const { care, write, audit, events, clock } = parts

  const find = (machineId: MachineId): CaredMachine => {
    const machine = care.find(machineId)
    if (machine !== undefined) return machine
    throw new AppError('MACHINE_NOT_FOUND', 404, `there is no machine ${machineId}`)
  }
  const changed = (machineId: MachineId): void => {
    parts.labelled(find(machineId))
    events.publish({ type: 'machine.changed', machineId })
  }
  const get = (machineId: MachineId): MachineLabels => {
    const { labels } = find(machineId)
    const byHand = care.handLabels(machineId)
    const hand = new Set(byHand.map((label) => label.toLowerCase()))
    return { byHand, byRule: labels.filter((label) => !hand.has(label.toLowerCase())) }
  }
  type Rules = { ruleNo: number; label: string; matches: (facts: MachineFacts) => boolean }[]
  const readRules = (): Rules =>
    care.listRules().map(({ ruleNo, label, condition }) => ({
      ruleNo,
      label,
      matches: factsMatcher(condition),
    }))
  const apply = (rules: Rules, machineId: MachineId, facts: MachineFacts): boolean =>
    care.setRuleLabels(
      machineId,
      rules.filter(({ matches }) => matches(facts)),
    )
  /** All machines, because a rule came or went. Returns those whose labels are others now. */
  const applyToAll = (): MachineId[] => {
    const rules = readRules()
    return care
      .list('all')
      .filter(({ machineId, facts }) => apply(rules, machineId, facts))
      .map(({ machineId }) => machineId)
  }
  const toRules = (): LabelRule[] => {
    const machines = care.list('in-service')
    return care.listRules().map(({ ruleNo, label, condition, createdBy, createdAt }) => {
      const matches = factsMatcher(condition)
      const machineCount = machines.filter(({ facts }) => matches(facts)).length
      const head = { ruleNo, label, facts: condition, createdBy, machineCount }
      return { ...head, createdAt: toTimestamp(createdAt) }
    })
  }

  return {
    get,
    set: (machineId, labels, actor) => {
      find(machineId)
      write(() => {
        care.setLabels(machineId, labels)
        audit.record(actor, 'machine.labelled', machineId, { labels })
      })
      changed(machineId)
      return get(machineId)
    },
    listRules: () => ({ rules: toRules() }),
    addRule: ({ label, facts }, actor) => {
      if (care.listRules().length >= MAX_RULES) {
        throw new AppError('TOO_MANY_RULES', 409, `there are ${MAX_RULES} rules: remove one first`)
      }
      const { ruleNo, affected } = write(() => {
        const no = care.addRule({ label, condition: facts, createdBy: actor }, clock.now())
        audit.record(actor, 'label-rule.created', String(no), { label, facts })
        return { ruleNo: no, affected: applyToAll() }
      })
      affected.forEach(changed)
      return toRules().find((rule) => rule.ruleNo === ruleNo)!
    },
    removeRule: (ruleNo, actor) => {
      const affected = write(() => {
        if (!care.removeRule(ruleNo, clock.now())) {
          throw new AppError('RULE_NOT_FOUND', 404, `there is no label rule ${ruleNo}`)
        }
        audit.record(actor, 'label-rule.removed', String(ruleNo))
        return applyToAll()
      })
      affected.forEach(changed)
    },
    applyRules: (machineId, facts) => {
      if (apply(readRules(), machineId, facts)) changed(machineId)
    },
  }
}
