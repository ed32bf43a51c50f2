/** What an order would name: counts, what is left out, what to know first, and the frozen targets themselves. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { OrderPreview, PreviewTarget } from '../../server/protocol/api/order-previews.ts'
import { api, orderExportUrl } from '../api.ts'
import { formatBytes, formatCount, plural } from '../model/format.ts'
import { ACTIONS, markLines, namedBy } from '../model/order-state.ts'
import { Failure, Notice, Verdict } from './bits.tsx'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'

export function PreviewNumbers({ preview }: { preview: OrderPreview }) {
  const { action, targetCount, machineCount, offlineMachineCount, totalBytes, excluded } = preview
  const named = namedBy(action)
  return (
    <div class="preview">
      <p class="preview-lead">
        {targetCount === 0 ? (
          `Nothing of this can be ordered to ${ACTIONS[action].verb}.`
        ) : (
          <>
            <strong>{plural(targetCount, named)}</strong> on{' '}
            <strong>{plural(machineCount, 'machine')}</strong>
            {named === 'stream' && `, ${formatBytes(totalBytes)}`}.
            {offlineMachineCount > 0 &&
              ` ${plural(offlineMachineCount, 'machine')} offline: queued until ${offlineMachineCount === 1 ? 'it returns' : 'they return'}.`}
          </>
        )}
      </p>
      {targetCount > 0 && <Mark preview={preview} />}
      {targetCount > 0 && <Buckets preview={preview} />}
      {excluded.length > 0 && (
        <>
          <p>Left out, nothing happens to them:</p>
          <ul class="preview-excluded">
            {excluded.map(({ reason, count }) => (
              <li key={reason}>
                <b>{formatCount(count)}</b> <Name text={reason} />
              </li>
            ))}
          </ul>
        </>
      )}
      {targetCount > 0 && <PreviewTargets preview={preview} />}
      {targetCount > 0 && <Warnings preview={preview} />}
    </div>
  )
}

/** Of a mark: what each file will say. */
function Mark({ preview: { origin } }: { preview: OrderPreview }) {
  if (origin === null) return null
  return (
    <p>
      Each gets a Zone.Identifier that says{' '}
      {markLines(origin).map((line, index) => (
        <span key={line}>
          {index > 0 && ', '}
          <code>
            <Name text={line} />
          </code>
        </span>
      ))}
      . Windows then treats it as downloaded, for every user.
    </p>
  )
}

function Buckets({ preview }: { preview: OrderPreview }) {
  return (
    <dl class="preview-buckets">
      <Bucket label="Verdicts">
        {preview.byVerdict.map(({ value, count }) => (
          <li key={value}>
            <Verdict verdict={value} /> <b>{formatCount(count)}</b>
          </li>
        ))}
      </Bucket>
      <Bucket label="Machines">
        {preview.byMachine.map(({ machineId, hostname, count }) => (
          <li key={machineId}>
            <Name text={hostname} /> <b>{formatCount(count)}</b>
          </li>
        ))}
      </Bucket>
      <Bucket label="Extensions">
        {preview.byExtension.map(({ value, count }) => (
          <li key={value}>
            <Name text={value === '' ? 'none' : value} /> <b>{formatCount(count)}</b>
          </li>
        ))}
      </Bucket>
      <Bucket label="Came from">
        {preview.byOrigin.map(({ value, count }) => (
          <li key={value}>
            <Name text={value ?? 'unknown'} /> <b>{formatCount(count)}</b>
          </li>
        ))}
      </Bucket>
    </dl>
  )
}

function Bucket({ label, children }: { label: string; children: ComponentChildren[] }) {
  if (children.length === 0) return null
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <ul class="preview-verdicts">{children}</ul>
      </dd>
    </div>
  )
}

const FIRST_TARGETS = 50

function PreviewTargets({ preview }: { preview: OrderPreview }) {
  const [isOpen, setIsOpen] = useState(false)
  const { previewId, targetCount } = preview
  const page = useResource(isOpen ? previewId : null, (abort) =>
    api.previewTargets(previewId, { cursor: null, limit: FIRST_TARGETS }, abort),
  )
  const shown = page.value?.targets ?? []
  return (
    <details class="preview-targets" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Look at exactly what is frozen</summary>
      {page.error !== null && <Failure error={page.error} retry={page.reload} />}
      <ul>
        {shown.map((target) => (
          <Target key={target.targetId} target={target} />
        ))}
      </ul>
      <p class="faint">
        {shown.length < targetCount && `The first ${formatCount(FIRST_TARGETS)}. `}
        <a href={orderExportUrl(`previews/${previewId}`, 'csv')} download>
          Download all {formatCount(targetCount)} as CSV
        </a>
        <br />
        SHA-256 of the list: <code>{preview.digest}</code>
      </p>
    </details>
  )
}

function Target({ target: { hostname, path, stream } }: { target: PreviewTarget }) {
  return (
    <li>
      <Name text={hostname} />: <Name text={path} /> <b>:</b> <Name text={stream} />
    </li>
  )
}

function Warnings({
  preview: { action, byVerdict, warnings, approvalNeeded },
}: {
  preview: OrderPreview
}) {
  const takesMarks = action === 'strip' && byVerdict.some(({ value }) => value === 'mark')
  return (
    <Notice tone="warn">
      <ul>
        {approvalNeeded !== null && (
          <li>
            <strong>Somebody else must approve it first:</strong> <Name text={approvalNeeded} />
          </li>
        )}
        {takesMarks && (
          <li>Removing a mark removes Windows’ download warning for that file, for every user.</li>
        )}
        {warnings.map(({ code, text, count }) => (
          <li key={code}>
            <Name text={text} /> ({formatCount(count)})
          </li>
        ))}
        {action !== 'mark' && (
          <li>
            Each machine keeps what it removes in quarantine, so that the order can be undone.
          </li>
        )}
      </ul>
    </Notice>
  )
}
