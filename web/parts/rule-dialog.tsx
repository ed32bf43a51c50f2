/** The settings of a rule as a form, for a new one and for a change. */
import { useState } from 'preact/hooks'
import type { Rule, RuleAction, RuleSettings } from '../../server/protocol/api/rules.ts'
import { api } from '../api.ts'
import { Notice } from './bits.tsx'
import { FormDialog } from './form-dialog.tsx'
import { useResource } from './hooks.ts'
import { RULE_ACTIONS } from './rule-mode.tsx'

const DAY_MS = 86_400_000
const USUAL_DAYS = 365

const BLANK: Omit<RuleSettings, 'expiresAt'> = {
  name: '',
  description: '',
  query: '',
  action: 'strip',
  schedule: { cron: '0 3 * * *', timeZone: 'UTC' },
  onInventory: false,
  caps: { perMachinePerDay: 100, perDay: 1_000, stopAtFailedPercent: 10 },
}

export function NewRuleDialog(props: { onClose: () => void; onMade: (rule: Rule) => void }) {
  const examples = useResource('examples', (abort) => api.ruleExamples(abort))
  const [settings, setSettings] = useState<RuleSettings>(withExpiry(BLANK))
  return (
    <FormDialog
      title="New rule"
      action="Make rule"
      send={async () => props.onMade(await api.addRule(settings))}
      onClose={props.onClose}
    >
      <Notice tone="info">A new rule only reports what it would do.</Notice>
      {examples.value !== null && (
        <label class="field">
          <span>Begin with</span>
          <select
            onChange={(event) => {
              const chosen = examples.value?.examples[Number(event.currentTarget.value)]
              setSettings(withExpiry(chosen ?? BLANK))
            }}
          >
            <option value="">an empty form</option>
            {examples.value.examples.map(({ name }, index) => (
              <option key={name} value={index}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <SettingsFields settings={settings} onChange={setSettings} />
    </FormDialog>
  )
}

export function EditRuleDialog({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const [settings, setSettings] = useState(rule.settings)
  return (
    <FormDialog
      title="Change this rule"
      action="Change rule"
      send={() => api.changeRule(rule.ruleId, settings)}
      onClose={onClose}
    >
      <Notice tone="info">A changed rule only reports, until somebody lets it act again.</Notice>
      <SettingsFields settings={settings} onChange={setSettings} />
    </FormDialog>
  )
}

function withExpiry(settings: Omit<RuleSettings, 'expiresAt'>): RuleSettings {
  return { ...settings, expiresAt: new Date(Date.now() + USUAL_DAYS * DAY_MS).toISOString() }
}

interface SettingsFieldsProps {
  settings: RuleSettings
  onChange: (settings: RuleSettings) => void
}

function SettingsFields({ settings, onChange }: SettingsFieldsProps) {
  const change = (part: Partial<RuleSettings>) => onChange({ ...settings, ...part })
  return (
    <>
      <TextField label="Name" value={settings.name} onInput={(name) => change({ name })} isNeeded />
      <TextField
        label="What it is for"
        value={settings.description}
        onInput={(description) => change({ description })}
      />
      <TextField
        label="Query"
        value={settings.query}
        onInput={(query) => change({ query })}
        isNeeded
      />
      <div class="field-row">
        <label class="field">
          <span>Action</span>
          <select
            value={settings.action}
            onChange={(event) => change({ action: event.currentTarget.value as RuleAction })}
          >
            {Object.entries(RULE_ACTIONS).map(([action, { label, does }]) => (
              <option key={action} value={action}>
                {label}: {does} what matches
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Expires on</span>
          <input
            type="date"
            required
            value={settings.expiresAt.slice(0, 10)}
            onInput={(event) => {
              const day = event.currentTarget.value
              if (day !== '') change({ expiresAt: `${day}T23:59:59Z` })
            }}
          />
        </label>
      </div>
      <ScheduleFields settings={settings} change={change} />
      <CapFields caps={settings.caps} onChange={(caps) => change({ caps })} />
    </>
  )
}

function TextField(props: {
  label: string
  value: string
  onInput: (value: string) => void
  isNeeded?: boolean
}) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <input
        required={props.isNeeded === true}
        maxLength={props.label === 'Name' ? 128 : 1_024}
        spellcheck={false}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </label>
  )
}

function ScheduleFields(props: {
  settings: RuleSettings
  change: (part: Partial<RuleSettings>) => void
}) {
  const { schedule, onInventory } = props.settings
  const timeZone = schedule?.timeZone ?? 'UTC'
  return (
    <div class="field-row">
      <label class="field">
        <span>Schedule, as in crontab ({timeZone}); empty for none</span>
        <input
          spellcheck={false}
          placeholder="0 3 * * *"
          value={schedule?.cron ?? ''}
          onInput={(event) => {
            const cron = event.currentTarget.value
            props.change({ schedule: cron === '' ? null : { cron, timeZone } })
          }}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={onInventory}
          onChange={(event) => props.change({ onInventory: event.currentTarget.checked })}
        />
        <span>Also as inventory arrives</span>
      </label>
    </div>
  )
}

type Caps = RuleSettings['caps']

const CAPS: readonly (readonly [keyof Caps, string, number, number])[] = [
  ['perMachinePerDay', 'Most a day on one machine', 1, 10_000],
  ['perDay', 'Most a day', 1, 10_000],
  ['stopAtFailedPercent', 'Pauses itself above % failed', 0, 100],
]

function CapFields({ caps, onChange }: { caps: Caps; onChange: (caps: Caps) => void }) {
  return (
    <div class="field-row">
      {CAPS.map(([cap, label, min, max]) => (
        <label key={cap} class="field">
          <span>{label}</span>
          <input
            type="number"
            required
            min={min}
            max={max}
            value={caps[cap]}
            onInput={(event) => onChange({ ...caps, [cap]: Number(event.currentTarget.value) })}
          />
        </label>
      ))}
    </div>
  )
}
