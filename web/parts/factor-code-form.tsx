/** One field for a code of the second factor, and a button. */
import { useState } from 'preact/hooks'
import { messageOf } from '../api.ts'

export function FactorCodeForm(props: {
  label: string
  action: string
  isDangerous?: boolean
  send: (code: string) => Promise<void>
}) {
  const [code, setCode] = useState('')
  const [failure, setFailure] = useState<string | null>(null)
  const send = async () => {
    setFailure(null)
    try {
      await props.send(code)
    } catch (error) {
      setFailure(messageOf(error))
    }
    setCode('')
  }
  return (
    <form
      class="narrow-form"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <label class="field">
        <span>{props.label}</span>
        <input
          required
          minLength={6}
          maxLength={40}
          autocomplete="one-time-code"
          autoCapitalize="off"
          spellcheck={false}
          value={code}
          aria-invalid={failure !== null}
          onInput={(event) => setCode(event.currentTarget.value)}
        />
      </label>
      {failure !== null && (
        <p class="field-error" role="alert">
          {failure}
        </p>
      )}
      <button
        type="submit"
        class={props.isDangerous === true ? 'button is-danger' : 'button is-primary'}
      >
        {props.action}
      </button>
    </form>
  )
}
