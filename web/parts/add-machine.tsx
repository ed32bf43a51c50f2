/** "Add machine": an enrolment string, shown once, in the commands that use it. */
import { useState } from 'preact/hooks'
import type { Enrolment } from '../../server/protocol/api/enrolments.ts'
import { api } from '../api.ts'
import { plural } from '../model/format.ts'
import { may } from '../session.ts'
import { Failure, Notice, Time } from './bits.tsx'
import { Command } from './command.tsx'
import { Dialog } from './dialog.tsx'

const LIFETIMES: readonly (readonly [number, string])[] = [
  [3_600, '1 hour'],
  [86_400, '1 day'],
  [604_800, '1 week'],
]

export function AddMachine({ isPrimary = false }: { isPrimary?: boolean }) {
  const [isOpen, setIsOpen] = useState(false)
  if (!may('enrolments.create')) return null
  return (
    <>
      <button
        type="button"
        class={`button ${isPrimary ? 'is-primary' : ''}`}
        onClick={() => setIsOpen(true)}
      >
        Add machine…
      </button>
      {isOpen && <AddMachineDialog onClose={() => setIsOpen(false)} />}
    </>
  )
}

function AddMachineDialog({ onClose }: { onClose: () => void }) {
  const [uses, setUses] = useState('1')
  const [lifetime, setLifetime] = useState(86_400)
  const [isApproved, setIsApproved] = useState(false)
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null)
  const [failure, setFailure] = useState<unknown>(null)

  const create = async () => {
    setFailure(null)
    try {
      const admits = { uses: Number(uses), validForSeconds: lifetime }
      const approval = isApproved ? 'pending' : 'automatic'
      setEnrolment(await api.enrol({ ...admits, approval, labels: [], takesBack: false }))
    } catch (error) {
      setFailure(error)
    }
  }
  const submit = (event: Event) => {
    event.preventDefault()
    void create()
  }
  return (
    <Dialog title="Add machines" onClose={onClose}>
      {enrolment !== null ? (
        <EnrolmentCommands enrolment={enrolment} onClose={onClose} />
      ) : (
        <form class="dialog-form" onSubmit={submit}>
          <p>
            An agent enrols with a line that says where central is and holds a token. Whoever has it
            can add that many machines until it ends.
          </p>
          <div class="field-row">
            <label class="field">
              <span>Machines</span>
              <input
                type="number"
                min={1}
                max={10_000}
                required
                value={uses}
                onInput={(event) => setUses(event.currentTarget.value)}
              />
            </label>
            <label class="field">
              <span>Valid for</span>
              <select
                value={lifetime}
                onChange={(event) => setLifetime(Number(event.currentTarget.value))}
              >
                {LIFETIMES.map(([seconds, label]) => (
                  <option key={seconds} value={seconds}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={isApproved}
              onChange={(event) => setIsApproved(event.currentTarget.checked)}
            />
            <span>An administrator lets each of them in</span>
          </label>
          {failure !== null && <Failure error={failure} retry={() => void create()} />}
          <footer>
            <button type="button" class="button" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" class="button is-primary">
              Create token
            </button>
          </footer>
        </form>
      )}
    </Dialog>
  )
}

function EnrolmentCommands({ enrolment, onClose }: { enrolment: Enrolment; onClose: () => void }) {
  const { invitation, uses, expiresAt } = enrolment
  return (
    <div class="dialog-form">
      <p>On the machine, as administrator. PATH is a folder or volume to scan.</p>
      <Command text={`sidestream agent enroll ${invitation} --scope PATH`} />
      <Command text="sidestream agent run" />
      <Notice tone="warn">
        The line is shown only this once. It is good for {plural(uses, 'machine')} and ends{' '}
        <Time at={expiresAt} />.
      </Notice>
      <footer>
        <button type="button" class="button is-primary" onClick={onClose}>
          Done
        </button>
      </footer>
    </div>
  )
}
