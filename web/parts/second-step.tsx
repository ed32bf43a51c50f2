/** What comes after the password: the second factor, or getting one because the role needs it. */
import type { Session } from '../../server/protocol/api/session.ts'
import { api } from '../api.ts'
import { session } from '../session.ts'
import { FactorCodeForm } from './factor-code-form.tsx'
import { FactorEnrolment } from './factor-enrolment.tsx'

export function SecondStep({ begun }: { begun: Session }) {
  const finish = async () => {
    session.value = await api.session()
  }
  if (begun.missing === 'enrolment') {
    return (
      <section class="panel">
        <h1>A second factor is needed</h1>
        <p>Everybody who is {begun.role} needs one here, besides the password.</p>
        <FactorEnrolment onDone={() => void finish()} />
      </section>
    )
  }
  return (
    <section class="panel">
      <h1>Second factor</h1>
      <FactorCodeForm
        label="Code of your app, or a recovery code"
        action="Finish signing in"
        send={async (code) => {
          session.value = await api.giveFactor(code)
        }}
      />
    </section>
  )
}
