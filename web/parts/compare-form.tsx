/** Two machines to be compared, as an address. */
import { useLocation } from 'preact-iso'
import { displayName } from '../../server/streams/display-name.ts'

interface ComparableMachine {
  machineId: string
  hostname: string
}

export function compareUrl(a: string, b: string): string {
  return `/compare?${new URLSearchParams({ a, b })}`
}

export function CompareForm(props: {
  machines: readonly ComparableMachine[]
  a: string
  b: string
}) {
  const { machines, a, b } = props
  const { route } = useLocation()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    route(compareUrl(String(form.get('a')), String(form.get('b'))))
  }
  // Another pair is another form: what was chosen before does not stay in the boxes.
  return (
    <form class="compare-form" key={`${a} ${b}`} onSubmit={submit}>
      <MachineChoice label="Compare" name="a" value={a} machines={machines} />
      <MachineChoice label="with" name="b" value={b} machines={machines} />
      <button type="submit" class="button">
        Compare
      </button>
    </form>
  )
}

function MachineChoice(props: {
  label: string
  name: string
  value: string
  machines: readonly ComparableMachine[]
}) {
  const { machines, value } = props
  const isListed = machines.some(({ machineId }) => machineId === value)
  return (
    <label class="inline">
      <span>{props.label}</span>
      <select name={props.name} defaultValue={value}>
        {!isListed && <option value={value}>{value === '' ? 'choose…' : value}</option>}
        {machines.map(({ machineId, hostname }) => (
          <option key={machineId} value={machineId} selected={machineId === value}>
            {displayName(hostname)}
          </option>
        ))}
      </select>
    </label>
  )
}
