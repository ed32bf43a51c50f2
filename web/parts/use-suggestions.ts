/**
 * What could stand at the cursor, asked while somebody types. It never stands in the way: answers that come
 * late or not at all are dropped, and nothing is chosen unless somebody chose it.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { QuerySuggestions } from '../../server/protocol/api/streams.ts'
import { api } from '../api.ts'

const SETTLE_MS = 80

export type Suggestion = QuerySuggestions['suggestions'][number]

export interface Suggestions {
  list: readonly Suggestion[]
  /** Into `list`; -1: none, and Enter searches. */
  active: number
  ask: (text: string, position: number) => void
  /** Down or up, around over "none"; false if there is nothing to move in. */
  move: (by: 1 | -1) => boolean
  /** The text with the suggestion in it, and where the cursor goes. */
  accept: (index: number, text: string) => { text: string; position: number }
  close: () => void
}

const NONE: QuerySuggestions = { from: 0, to: 0, suggestions: [] }

export function useSuggestions(): Suggestions {
  const [found, setFound] = useState(NONE)
  const [active, setActive] = useState(-1)
  const pending = useRef({ timer: 0, abort: new AbortController() })
  const list = found.suggestions

  const drop = () => {
    window.clearTimeout(pending.current.timer)
    pending.current.abort.abort()
  }
  useEffect(() => drop, [])

  const ask = (text: string, position: number) => {
    drop()
    const abort = new AbortController()
    const timer = window.setTimeout(() => {
      api.suggest(text, position, abort.signal).then(
        (answer) => {
          if (abort.signal.aborted) return
          setFound(answer)
          setActive(-1)
        },
        // Typing goes on without them.
        () => undefined,
      )
    }, SETTLE_MS)
    pending.current = { timer, abort }
  }
  const close = () => {
    drop()
    setFound(NONE)
    setActive(-1)
  }
  return {
    list,
    active,
    ask,
    close,
    move: (by) => {
      if (list.length === 0) return false
      const places = list.length + 1
      setActive(((active + 1 + by + places) % places) - 1)
      return true
    },
    accept: (index, text) => {
      const chosen = list[index]?.text ?? ''
      // A field goes on with its value; a value is whole.
      const piece = chosen.endsWith(':') ? chosen : `${chosen} `
      const after = text.slice(found.to).replace(/^ /, '')
      return {
        text: `${text.slice(0, found.from)}${piece}${after}`,
        position: found.from + piece.length,
      }
    },
  }
}
