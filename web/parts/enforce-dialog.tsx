/** Lets a rule act: says what its report would have done, and asks for that number and why. */
import { useState } from 'preact/hooks'
import type { Rule } from '../../server/protocol/api/rules.ts'
import { api } from '../api.ts'
import { plural } from '../model/format.ts'
import { Notice } from './bits.tsx'
import { ConfirmFields, isConfirmed, isReason } from './confirm-fields.tsx'
import { FormDialog } from './form-dialog.tsx'
import { RULE_ACTIONS } from './rule-mode.tsx'

export function EnforceDialog({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const { action, caps } = rule.settings
  const count = rule.reportedCount ?? 0
  return (
    <FormDialog
      title="Let this rule act"
      action={`Let it ${action} by itself`}
      isDangerous
      isReady={isReason(reason) && isConfirmed(typed, count)}
      send={() => api.enforceRule(rule.ruleId, { confirmCount: count, reason: reason.trim() })}
      onClose={onClose}
    >
      <p class="preview-lead">
        From now on, whenever it runs, it {RULE_ACTIONS[action].does} what matches its query then.
        Its newest report would act on <strong>{plural(count, 'stream')}</strong>.
      </p>
      <Notice tone="warn">
        At most {plural(caps.perMachinePerDay, 'stream')} a day on one machine and{' '}
        {plural(caps.perDay, 'stream')} a day in all. It pauses itself when more than{' '}
        {caps.stopAtFailedPercent} % of a day’s receipts are failures.
        {action !== 'alert' && ' Each time it makes an order, which can be undone.'}
      </Notice>
      <ConfirmFields
        count={count}
        verb={action}
        reason={reason}
        typed={typed}
        onReason={setReason}
        onTyped={setTyped}
      />
    </FormDialog>
  )
}
