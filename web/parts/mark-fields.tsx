/** What a new mark says: its zone, and where the file came from. */
import type { MarkOrigin } from '../../server/protocol/order.ts'
import { ZONES } from '../model/format.ts'

interface MarkFieldsProps {
  origin: MarkOrigin
  onChange: (origin: MarkOrigin) => void
}

export const FROM_INTERNET: MarkOrigin = { zoneId: 3 }

/** As central takes it: ASCII, and so nothing that could become a second line of the mark. */
const URL_PATTERN = '(about:internet|https?://[!-~]+)'

export function MarkFields({ origin, onChange }: MarkFieldsProps) {
  const { zoneId, referrerUrl = '', hostUrl = '' } = origin
  const change = (part: { zoneId?: number; referrerUrl?: string; hostUrl?: string }) => {
    const next = { zoneId, referrerUrl, hostUrl, ...part }
    onChange({
      zoneId: next.zoneId,
      ...(next.referrerUrl === '' ? {} : { referrerUrl: next.referrerUrl }),
      ...(next.hostUrl === '' ? {} : { hostUrl: next.hostUrl }),
    })
  }
  return (
    <>
      <label class="field">
        <span>Zone</span>
        <select
          value={zoneId}
          onChange={(event) => change({ zoneId: Number(event.currentTarget.value) })}
        >
          {ZONES.map((name, zone) => (
            <option key={name} value={zone}>
              {zone}: {name}
            </option>
          ))}
        </select>
      </label>
      <UrlField
        label="Host URL: where the file itself came from (may be empty)"
        value={hostUrl}
        onInput={(value) => change({ hostUrl: value })}
      />
      <UrlField
        label="Referrer URL: the page that led to it (may be empty)"
        value={referrerUrl}
        onInput={(value) => change({ referrerUrl: value })}
      />
    </>
  )
}

interface UrlFieldProps {
  label: string
  value: string
  onInput: (value: string) => void
}

function UrlField({ label, value, onInput }: UrlFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        pattern={URL_PATTERN}
        title="http://… or https://… without blanks, or about:internet"
        maxLength={2_048}
        spellcheck={false}
        autoComplete="off"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  )
}
