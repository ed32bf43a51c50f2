/** How an order goes out: a few machines first, then more, and when it stops by itself. */
import type { OrderPlan } from '../../server/protocol/api/order-requests.ts'

interface PlanFieldsProps {
  plan: OrderPlan
  machineCount: number
  onChange: (plan: OrderPlan) => void
}

export const ALL_AT_ONCE: OrderPlan = {
  canaryMachines: 0,
  rampPercent: [],
  stopAtFailedPercent: null,
}

/** The usual steps after a canary. */
const RAMP = [10, 50]

export function PlanFields({ plan, machineCount, onChange }: PlanFieldsProps) {
  const change = (part: Partial<OrderPlan>) => onChange({ ...plan, ...part })
  return (
    <details class="plan">
      <summary>{planText(plan)}</summary>
      <div class="field-row">
        <label class="field">
          <span>Machines that go first</span>
          <input
            type="number"
            min={0}
            max={Math.min(10_000, machineCount)}
            value={plan.canaryMachines}
            onInput={(event) => change({ canaryMachines: Number(event.currentTarget.value) })}
          />
        </label>
        <label class="field">
          <span>Stop by itself above % failed</span>
          <input
            type="number"
            min={0}
            max={100}
            placeholder="never"
            value={plan.stopAtFailedPercent ?? ''}
            onInput={(event) => {
              const text = event.currentTarget.value
              change({ stopAtFailedPercent: text === '' ? null : Number(text) })
            }}
          />
        </label>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={plan.rampPercent.length > 0}
          onChange={(event) =>
            change({ rampPercent: event.currentTarget.checked ? [...RAMP] : [] })
          }
        />
        <span>Then in steps: {RAMP.join(' %, ')} %, and all of the machines</span>
      </label>
    </details>
  )
}

function planText({ canaryMachines, rampPercent, stopAtFailedPercent }: OrderPlan): string {
  const parts = [
    canaryMachines === 0 ? '' : `${canaryMachines} machines first`,
    rampPercent.length === 0 ? '' : 'in steps',
    stopAtFailedPercent === null ? '' : `stops above ${stopAtFailedPercent} % failed`,
  ].filter((text) => text !== '')
  return `How it goes out: ${parts.join(', ') || 'to every machine at once'}`
}
