/** Getting a second factor: the secret for an app, a code that shows it arrived, and the recovery codes. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import { Failure, Loading } from './bits.tsx'
import { FactorCodeForm } from './factor-code-form.tsx'
import { useResource } from './hooks.ts'

export function FactorEnrolment({ onDone }: { onDone: () => void }) {
  const begun = useResource('factor-enrolment', () => api.beginFactor())
  const [recoveryCodes, setRecoveryCodes] = useState<string[] | null>(null)
  if (recoveryCodes !== null) return <RecoveryCodeList codes={recoveryCodes} onDone={onDone} />
  if (begun.error !== null) return <Failure error={begun.error} retry={begun.reload} />
  if (begun.value === null) return <Loading what="a secret" />
  const { secret, uri } = begun.value
  return (
    <>
      <p>
        Type this into an authenticator app (time-based, six digits), or{' '}
        <a href={uri}>open it in one on this device</a>:
      </p>
      <p>
        <code>{inGroups(secret)}</code>
      </p>
      <FactorCodeForm
        label="The code that the app shows now"
        action="Confirm"
        send={async (code) => setRecoveryCodes((await api.confirmFactor(code)).recoveryCodes)}
      />
    </>
  )
}

function RecoveryCodeList({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <>
      <p>
        From now on a code is asked for. Keep these recovery codes where the phone is not: each
        works once in place of a code, and they are not shown again.
      </p>
      <ul class="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <button type="button" class="button is-primary" onClick={onDone}>
        I have kept them
      </button>
    </>
  )
}

/** Four letters at a time can be read. */
function inGroups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ')
}
