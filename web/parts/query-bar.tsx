/**
 * One line of query: a combobox whose suggestions never stand in the way. A fault is underlined at its very characters: a copy of the text lies under the
 * field, in the same font and scrolled alike, and only its mark is visible.
 */
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type ApiError, messageOf } from '../api.ts'
import { faultOf, markedAt, type QueryFault } from '../model/query-fault.ts'
import { QueryHelp } from './query-help.tsx'
import { optionId, SuggestionList } from './suggestion-list.tsx'
import { useSuggestions } from './use-suggestions.ts'

interface QueryBarProps {
  query: string
  error: ApiError | null
  onQuery: (query: string) => void
}

const SETTLE_MS = 150

export function QueryBar({ query, error, onQuery }: QueryBarProps) {
  const { text, setText, sendNow } = useQueryText(query, onQuery)
  const [isHelpOpen, setIsHelpOpen] = useState(false)
  const inputRef = useRef<HTMLInputElement>(null)
  const marksRef = useRef<HTMLDivElement>(null)
  const messageId = useId()
  const listId = useId()
  const suggestions = useSuggestions()
  const [cursor, setCursor] = useState<number | null>(null)

  const alignMarks = () => {
    if (marksRef.current && inputRef.current) {
      marksRef.current.scrollLeft = inputRef.current.scrollLeft
    }
  }
  useLayoutEffect(alignMarks)
  // Only after the text is in the field can the cursor be where it belongs.
  useLayoutEffect(() => {
    if (cursor === null) return
    inputRef.current?.setSelectionRange(cursor, cursor)
    setCursor(null)
  }, [cursor])

  const ask = (input: HTMLInputElement) =>
    suggestions.ask(input.value, input.selectionStart ?? input.value.length)
  const choose = (index: number) => {
    const next = suggestions.accept(index, text)
    setText(next.text)
    setCursor(next.position)
    suggestions.close()
    if (next.text.at(next.position - 1) === ':') suggestions.ask(next.text, next.position)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const isOpen = suggestions.list.length > 0
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!suggestions.move(event.key === 'ArrowDown' ? 1 : -1) && inputRef.current) {
        ask(inputRef.current)
      }
    } else if (event.key === 'Enter' && suggestions.active >= 0) choose(suggestions.active)
    else if (event.key === 'Escape' && isOpen) suggestions.close()
    else return
    event.preventDefault()
  }

  // A fault belongs to the text that was sent, not to what has been typed since.
  const fault =
    error !== null && text === query ? faultOf(messageOf(error), error.details, text) : null
  const submit = (event: Event) => {
    event.preventDefault()
    suggestions.close()
    if (!sendNow() && fault) {
      inputRef.current?.setSelectionRange(fault.position, fault.position + fault.length)
    }
  }

  return (
    <search class="query">
      <form class={`query-bar ${fault ? 'is-wrong' : ''}`} onSubmit={submit}>
        <div class="query-marks" ref={marksRef} aria-hidden="true">
          {fault && <MarkedText text={text} fault={fault} />}
        </div>
        <input
          ref={inputRef}
          id="query"
          type="text"
          role="combobox"
          enterkeyhint="search"
          aria-autocomplete="list"
          aria-expanded={suggestions.list.length > 0}
          aria-controls={listId}
          aria-activedescendant={
            suggestions.active >= 0 ? optionId(listId, suggestions.active) : undefined
          }
          maxLength={4096}
          spellcheck={false}
          autoComplete="off"
          autoCapitalize="off"
          placeholder="Search: zone:3 host:*.example.com ext:exe"
          aria-label="Query"
          aria-invalid={fault !== null}
          aria-describedby={fault ? messageId : undefined}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value)
            ask(event.currentTarget)
          }}
          onKeyDown={onKeyDown}
          onBlur={suggestions.close}
          onScroll={alignMarks}
        />
        {suggestions.list.length > 0 && (
          <SuggestionList
            id={listId}
            list={suggestions.list}
            active={suggestions.active}
            onChoose={choose}
          />
        )}
        <button
          type="button"
          class="button is-quiet is-small"
          aria-expanded={isHelpOpen}
          onClick={() => setIsHelpOpen(!isHelpOpen)}
        >
          Fields
        </button>
      </form>
      {fault && (
        <p class="query-fault" id={messageId} role="alert">
          {fault.message} <span class="faint">(character {fault.position + 1})</span>
        </p>
      )}
      {isHelpOpen && <QueryHelp />}
    </search>
  )
}

function MarkedText({ text, fault }: { text: string; fault: QueryFault }) {
  const marked = markedAt(text, fault)
  return (
    <>
      {marked.before}
      <mark>{marked.fault}</mark>
      {marked.after}
    </>
  )
}

/** What is being typed, sent once it has settled. `sendNow` says whether there was anything to send. */
function useQueryText(query: string, onQuery: (query: string) => void) {
  const [text, setText] = useState(query)
  const lastSent = useRef(query)
  const send = (next: string) => {
    lastSent.current = next
    onQuery(next)
  }

  // The address changed by other means: a facet, the back button.
  useEffect(() => {
    if (query === lastSent.current) return
    lastSent.current = query
    setText(query)
  }, [query])

  useEffect(() => {
    if (text === lastSent.current) return
    const timer = window.setTimeout(() => send(text), SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [text])

  const sendNow = (): boolean => {
    if (text === lastSent.current) return false
    send(text)
    return true
  }
  return { text, setText, sendNow }
}
