/**
 * One line of query. A fault is underlined at its very characters: a copy of the text lies under the
 * field, in the same font and scrolled alike, and only its mark is visible.
 */
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type ApiError, messageOf } from '../api.ts'
import { faultOf, markedAt, type QueryFault } from '../model/query-fault.ts'
import { QueryHelp } from './query-help.tsx'

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

  const alignMarks = () => {
    if (marksRef.current && inputRef.current) {
      marksRef.current.scrollLeft = inputRef.current.scrollLeft
    }
  }
  useLayoutEffect(alignMarks)

  // A fault belongs to the text that was sent, not to what has been typed since.
  const fault =
    error !== null && text === query ? faultOf(messageOf(error), error.details, text) : null
  const submit = (event: Event) => {
    event.preventDefault()
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
          type="search"
          spellcheck={false}
          autoComplete="off"
          autoCapitalize="off"
          placeholder="Search: zone:3 host:*.example.com ext:exe"
          aria-label="Query"
          aria-invalid={fault !== null}
          aria-describedby={fault ? messageId : undefined}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onScroll={alignMarks}
        />
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
