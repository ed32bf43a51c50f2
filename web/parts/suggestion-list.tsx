// biome-ignore-all lint/a11y/useFocusableInteractive: the focus stays in the text field; aria-activedescendant says which is meant
// biome-ignore-all lint/a11y/useSemanticElements: a <select> cannot belong to a text field
import { formatCount } from '../model/format.ts'
import { Name } from './name.tsx'
import type { Suggestion } from './use-suggestions.ts'

interface SuggestionListProps {
  id: string
  list: readonly Suggestion[]
  active: number
  onChoose: (index: number) => void
}

export const optionId = (listId: string, index: number): string => `${listId}-${index}`

/** The popup of the query bar's combobox. */
export function SuggestionList({ id, list, active, onChoose }: SuggestionListProps) {
  return (
    <div class="suggestions" id={id} role="listbox" aria-label="Suggestions">
      {list.map(({ text, description, count }, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are the field's
        <div
          key={text}
          id={optionId(id, index)}
          class={`suggestion ${index === active ? 'is-active' : ''}`}
          role="option"
          aria-selected={index === active}
          // The field keeps the focus, and with it the cursor.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(index)}
        >
          <span class="suggestion-text">
            <Name text={text} />
          </span>
          <span class="faint">
            {description ?? (count === null ? '' : `${formatCount(count)}`)}
          </span>
        </div>
      ))}
    </div>
  )
}
