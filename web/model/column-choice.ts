/** Columns that somebody does not want to see, by table; kept in this browser only. */
import { signal } from '@preact/signals'

const KEY = 'sidestream.hidden-columns'

type Hidden = Readonly<Record<string, readonly string[]>>

const choice = signal<Hidden>(stored())

export function hiddenColumns(table: string): ReadonlySet<string> {
  return new Set(choice.value[table] ?? [])
}

export function toggleColumn(table: string, id: string): void {
  const hidden = new Set(hiddenColumns(table))
  if (!hidden.delete(id)) hidden.add(id)
  choice.value = { ...choice.value, [table]: [...hidden] }
  try {
    localStorage.setItem(KEY, JSON.stringify(choice.value))
  } catch {
    // Storage is switched off in this browser: the choice lasts as long as the page.
  }
}

/** What another version of the console, or somebody else, has written there may be anything. */
export function choiceFrom(text: string | null): Hidden {
  try {
    const read: unknown = JSON.parse(text ?? '{}')
    if (typeof read !== 'object' || read === null) return {}
    return Object.fromEntries(
      Object.entries(read).filter(
        ([, ids]) => Array.isArray(ids) && ids.every((id) => typeof id === 'string'),
      ),
    )
  } catch {
    return {}
  }
}

function stored(): Hidden {
  try {
    return choiceFrom(localStorage.getItem(KEY))
  } catch {
    return {}
  }
}
