/** Light, dark, or as the system says; kept in this browser only. */
import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'sidestream.theme'
const ORDER: readonly Theme[] = ['system', 'light', 'dark']

export const theme = signal<Theme>(stored())

effect(() => {
  const root = document.documentElement
  if (theme.value === 'system') delete root.dataset.theme
  else root.dataset.theme = theme.value
})

export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] ?? 'system'
  try {
    localStorage.setItem(KEY, theme.value)
  } catch {
    // Storage is switched off in this browser: the choice lasts as long as the page.
  }
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return ORDER.find((theme) => theme === value) ?? 'system'
  } catch {
    return 'system'
  }
}
