/** Changing one's own password, and the field for a new one. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import { endSession } from '../session.ts'
import { Failure } from './bits.tsx'
import { say } from './toasts.tsx'

/** What central asks for at least. */
export const NEW_PASSWORD_LENGTH = 15

export function NewPasswordField(props: {
  label: string
  value: string
  onValue: (value: string) => void
  isOptional?: boolean
}) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <input
        type="password"
        required={props.isOptional !== true}
        minLength={NEW_PASSWORD_LENGTH}
        maxLength={1_024}
        autocomplete="new-password"
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
    </label>
  )
}

export function OwnPasswordForm() {
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const [failure, setFailure] = useState<unknown>(null)
  const send = async () => {
    setFailure(null)
    try {
      await api.changeOwnPassword({ currentPassword, newPassword })
      say('The password was changed. Sign in with the new one.')
      endSession()
    } catch (error) {
      setFailure(error)
    }
  }
  return (
    <section class="panel">
      <h2>Password</h2>
      <form
        class="narrow-form"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <label class="field">
          <span>Current password</span>
          <input
            type="password"
            required
            autocomplete="current-password"
            value={currentPassword}
            onInput={(event) => setCurrent(event.currentTarget.value)}
          />
        </label>
        <NewPasswordField
          label={`New password, at least ${NEW_PASSWORD_LENGTH} characters`}
          value={newPassword}
          onValue={setNew}
        />
        {failure !== null && <Failure error={failure} retry={() => void send()} />}
        <button type="submit" class="button">
          Change password and sign out everywhere
        </button>
      </form>
    </section>
  )
}
