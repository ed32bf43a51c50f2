/** One's own second factor: having it, getting it, doing without. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import { Failure, Loading } from './bits.tsx'
import { FactorCodeForm } from './factor-code-form.tsx'
import { FactorEnrolment } from './factor-enrolment.tsx'
import { useResource } from './hooks.ts'
import { say } from './toasts.tsx'

export function SecondFactor() {
  const state = useResource('factor', (abort) => api.factor(abort))
  const [isEnrolling, setEnrolling] = useState(false)
  return (
    <section class="panel">
      <h2>Second factor</h2>
      {state.error !== null && <Failure error={state.error} retry={state.reload} />}
      {state.value === null && state.error === null && <Loading what="the second factor" />}
      {isEnrolling && (
        <FactorEnrolment
          onDone={() => {
            setEnrolling(false)
            state.reload()
          }}
        />
      )}
      {state.value !== null && !isEnrolling && !state.value.isEnrolled && (
        <>
          <p class="faint">A code from an app, asked for besides the password.</p>
          <button type="button" class="button" onClick={() => setEnrolling(true)}>
            Set up a second factor…
          </button>
        </>
      )}
      {state.value?.isEnrolled === true && !isEnrolling && (
        <Enrolled
          recoveryCodesLeft={state.value.recoveryCodesLeft}
          isRequired={state.value.isRequired}
          onRemoved={state.reload}
        />
      )}
    </section>
  )
}

function Enrolled(props: {
  recoveryCodesLeft: number
  isRequired: boolean
  onRemoved: () => void
}) {
  return (
    <>
      <p>
        Set up. {props.recoveryCodesLeft} recovery codes are left.
        {props.isRequired && ' Your role needs it.'}
      </p>
      {!props.isRequired && (
        <FactorCodeForm
          label="A code of it, or a recovery code"
          action="Do without a second factor"
          isDangerous
          send={async (code) => {
            await api.removeFactor(code)
            say('The second factor is gone.')
            props.onRemoved()
          }}
        />
      )}
    </>
  )
}
