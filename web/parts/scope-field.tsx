/** Machine labels that somebody, or a token, is bound to. */
import type { EffectiveScope } from '../../server/protocol/api/scope.ts'

/** As it is typed: what is not finished is kept. */
export interface TypedScope {
  isBound: boolean
  text: string
}

export function typedScope(scope: EffectiveScope): TypedScope {
  return { isBound: scope !== null, text: scope?.join(' ') ?? '' }
}

export function scopeOf({ isBound, text }: TypedScope): EffectiveScope {
  return isBound ? [...new Set(text.split(/[\s,]+/).filter((label) => label !== ''))] : null
}

export function isSameScope(a: EffectiveScope, b: EffectiveScope): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

export function scopeWords(scope: EffectiveScope): string {
  if (scope === null) return 'all machines'
  return scope.length === 0 ? 'no machine' : `${scope.join(', ')} only`
}

export function ScopeField(props: {
  label: string
  value: TypedScope
  onValue: (value: TypedScope) => void
}) {
  const { label, value, onValue } = props
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={value.isBound}
          onChange={(event) => onValue({ ...value, isBound: event.currentTarget.checked })}
        />
        <span>{label}</span>
      </label>
      {value.isBound && (
        <label class="field">
          <span>Labels, with blanks between them</span>
          <input
            required
            maxLength={1_024}
            pattern="[\s,]*[A-Za-z0-9][A-Za-z0-9._\-]*([\s,]+[A-Za-z0-9][A-Za-z0-9._\-]*)*[\s,]*"
            title="Labels of letters, digits, and . _ -"
            autocomplete="off"
            spellcheck={false}
            value={value.text}
            onInput={(event) => onValue({ ...value, text: event.currentTarget.value })}
          />
        </label>
      )}
    </>
  )
}

/** For which machines one is here. Nothing where it is all of them. */
export function ScopeChip({ scope }: { scope: EffectiveScope }) {
  if (scope === null) return null
  return (
    <span class="scope-chip" title="You see and act on machines with one of these labels only">
      {scopeWords(scope)}
    </span>
  )
}
