import { useState } from 'preact/hooks'
import type { SinkSettings } from '../../server/protocol/api/sinks.ts'
import { api } from '../api.ts'
import { FormDialog } from './form-dialog.tsx'

type Kind = SinkSettings['kinds'][number]

const KINDS: Record<Kind, string> = {
  'stream.suspicious': 'a suspicious stream appeared',
  'mark.removed': 'a mark went without an order',
  'machine.cloned': 'a machine’s identity was copied',
  'order.created': 'an order was made',
  'order.approved': 'an order was approved',
  'order.rejected': 'an order was rejected',
  'order.cancelled': 'an order was cancelled',
  'order.undone': 'an order is being undone',
  'order.finished': 'an order is finished',
  'order-policy.changed': 'orders need a second person otherwise than before',
  'access.denied': 'somebody was denied something',
  'audit.head': 'the end of the audit log, to be kept elsewhere',
  'rule.enforced': 'a rule was allowed to act',
  'rule.alert': 'a rule found something',
  'rule.paused': 'a rule paused itself',
  'saved-query.changed': 'a saved query counts otherwise',
}

const ALL_KINDS = Object.keys(KINDS) as Kind[]

/** A new sink. Its secret is sent once and never shown again. */
export function SinkDialog({ onClose, onSaved }: { onClose: () => void; onSaved: () => void }) {
  const [kind, setKind] = useState<SinkSettings['kind']>('webhook')
  const [fields, setFields] = useState<Record<string, string>>({ port: '6514' })
  const [kinds, setKinds] = useState<readonly Kind[]>(ALL_KINDS)
  const text = (name: string): string => (fields[name] ?? '').trim()
  const field = (name: string, label: string, more: object = {}) => (
    <label class="field">
      <span>{label}</span>
      <input
        value={fields[name] ?? ''}
        spellcheck={false}
        autoComplete="off"
        onInput={(event) => setFields({ ...fields, [name]: event.currentTarget.value })}
        {...more}
      />
    </label>
  )
  const send = () => {
    const common = { name: text('name'), isEnabled: true, kinds: [...kinds] }
    return api.addSink(
      kind === 'webhook'
        ? {
            kind,
            ...common,
            url: text('url'),
            ...(text('secret') === '' ? {} : { secret: text('secret') }),
          }
        : {
            kind,
            ...common,
            transport: 'tcp',
            host: text('host'),
            port: Number(text('port')),
            facility: 13,
          },
    )
  }
  return (
    <FormDialog title="Add a sink" action="Add" send={send} onClose={onClose} onSent={onSaved}>
      {field('name', 'Name', { required: true, maxLength: 64 })}
      <label class="field">
        <span>Kind</span>
        <select
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as SinkSettings['kind'])}
        >
          <option value="webhook">Webhook</option>
          <option value="syslog">Syslog over TCP</option>
        </select>
      </label>
      {kind === 'webhook' ? (
        <>
          {field('url', 'URL', { required: true, type: 'url', maxLength: 2048 })}
          {field('secret', 'Secret that signs each event (16 characters or more)', {
            minLength: 16,
            maxLength: 256,
            type: 'password',
          })}
        </>
      ) : (
        <div class="field-row">
          {field('host', 'Host', { required: true, maxLength: 255 })}
          {field('port', 'Port', { required: true, type: 'number', min: 1, max: 65535 })}
        </div>
      )}
      <fieldset class="checks">
        <legend>Tell when</legend>
        {ALL_KINDS.map((one) => (
          <label class="check" key={one}>
            <input
              type="checkbox"
              checked={kinds.includes(one)}
              onChange={(event) =>
                setKinds(
                  event.currentTarget.checked
                    ? [...kinds, one]
                    : kinds.filter((other) => other !== one),
                )
              }
            />
            {KINDS[one]}
          </label>
        ))}
      </fieldset>
    </FormDialog>
  )
}
