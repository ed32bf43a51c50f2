/** A machine's labels: those given by hand, which can be changed here, and those that rules give. */
import { useState } from 'preact/hooks'
import { exactTerm } from '../../server/streams/query/write-term.ts'
import { api } from '../api.ts'
import { streamsUrl } from '../model/query-text.ts'
import { isScoped, may } from '../session.ts'
import { Failure, Loading } from './bits.tsx'
import { FormDialog } from './form-dialog.tsx'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'

export function LabelsPanel({ machineId }: { machineId: string }) {
  const labels = useResource(`labels ${machineId}`, (abort) => api.labels(machineId, abort))
  const [isEditing, setIsEditing] = useState(false)
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Labels</h2>
        {may('machines.manage') && !isScoped() && labels.value !== null && (
          <button type="button" class="button is-small" onClick={() => setIsEditing(true)}>
            Edit…
          </button>
        )}
      </div>
      {labels.error !== null && <Failure error={labels.error} retry={labels.reload} />}
      {labels.value === null ? (
        labels.error === null && <Loading what="labels" />
      ) : (
        <>
          <LabelList labels={labels.value.byHand} none="None given by hand." />
          {labels.value.byRule.length > 0 && (
            <>
              <h3>By rule</h3>
              <LabelList labels={labels.value.byRule} none="" />
            </>
          )}
        </>
      )}
      {isEditing && labels.value !== null && (
        <LabelDialog
          machineId={machineId}
          labels={labels.value.byHand}
          onClose={() => setIsEditing(false)}
          onSaved={() => {
            setIsEditing(false)
            labels.reload()
          }}
        />
      )}
    </section>
  )
}

function LabelList({ labels, none }: { labels: readonly string[]; none: string }) {
  if (labels.length === 0) return <p class="faint">{none}</p>
  return (
    <ul class="labels">
      {labels.map((label) => (
        <li key={label}>
          <a
            href={streamsUrl(exactTerm('label', label))}
            title="Streams on machines with this label"
          >
            <Name text={label} />
          </a>
        </li>
      ))}
    </ul>
  )
}

function LabelDialog(props: {
  machineId: string
  labels: readonly string[]
  onClose: () => void
  onSaved: () => void
}) {
  const [text, setText] = useState(props.labels.join(' '))
  const labels = [...new Set(text.split(/[\s,]+/).filter((label) => label !== ''))]
  return (
    <FormDialog
      title="Labels of this machine"
      action="Save labels"
      send={() => api.setLabels(props.machineId, labels)}
      onClose={props.onClose}
      onSent={props.onSaved}
    >
      <label class="field">
        <span>Labels, with blanks between them</span>
        <input
          value={text}
          spellcheck={false}
          autoComplete="off"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class="faint">
        These take the place of all that were given by hand. Labels that rules give stay.
      </p>
    </FormDialog>
  )
}
