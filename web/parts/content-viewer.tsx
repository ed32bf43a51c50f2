/**
 * The bytes of a stream, asked of its machine now. Shown as text or hex and nothing else: what is in
 * there is never run, fetched or followed.
 */
import { useState } from 'preact/hooks'
import type { ReadReply } from '../../server/protocol/agent-api.ts'
import type { StreamRow } from '../../server/protocol/api/streams.ts'
import { api, hasCode } from '../api.ts'
import {
  bytesFromBase64,
  decodePage,
  detectEncoding,
  type Encoding,
  hexDump,
  LOOKAHEAD_BYTES,
  looksBinary,
  visiblePieces,
} from '../model/decode.ts'
import { formatCount, plural } from '../model/format.ts'
import { Failure, Loading, Notice } from './bits.tsx'
import { useResource } from './hooks.ts'
import { marked } from './name.tsx'

/** Even, so that a page never cuts a UTF-16 unit; small enough to lay out at once as hex. */
const PAGE_BYTES = 16_384

const ENCODINGS: Record<Encoding, string> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16 LE',
  'utf-16be': 'UTF-16 BE',
}

export function ContentViewer({ row }: { row: StreamRow }) {
  const [offset, setOffset] = useState(0)
  const reply = useResource(`${row.streamId} ${offset}`, (abort) =>
    api.content(row.streamId, offset, PAGE_BYTES + LOOKAHEAD_BYTES, abort),
  )
  // The page before stays until the next is there.
  const [shown, setShown] = useState<ReadReply | null>(null)
  // Later pages are read as the first one was.
  const [start, setStart] = useState<Uint8Array | null>(null)
  if (reply.value !== null && reply.value !== shown) {
    setShown(reply.value)
    if (start === null) setStart(bytesFromBase64(reply.value.contentBase64))
  }
  if (reply.error !== null && reply.value === null) {
    return <ContentFailure error={reply.error} retry={reply.reload} />
  }
  if (shown === null || start === null) return <Loading what="content" />
  const isChanged = row.sha256 !== null && shown.sha256 !== null && row.sha256 !== shown.sha256
  return (
    <div class="viewer">
      {isChanged && (
        <Notice tone="warn">
          The content is no longer what the last scan saw. An order on it would answer “changed”.
        </Notice>
      )}
      <ContentPage reply={shown} start={start} onOffset={setOffset} />
    </div>
  )
}

function ContentFailure({ error, retry }: { error: unknown; retry: () => void }) {
  if (!hasCode(error, 'MACHINE_OFFLINE')) return <Failure error={error} retry={retry} />
  return (
    <Notice
      tone="info"
      action={
        <button type="button" class="button" onClick={retry}>
          Ask again
        </button>
      }
    >
      This machine is offline. Central keeps what was found, not the content: it can be read when
      the machine is back.
    </Notice>
  )
}

interface ContentPageProps {
  reply: ReadReply
  start: Uint8Array
  onOffset: (offset: number) => void
}

function ContentPage({ reply, start, onOffset }: ContentPageProps) {
  const [chosenView, setView] = useState<'text' | 'hex' | null>(null)
  const [chosenEncoding, setEncoding] = useState<Encoding | null>(null)
  const { offset, sizeBytes } = reply
  const bytes = bytesFromBase64(reply.contentBase64)
  const encoding = chosenEncoding ?? detectEncoding(start)
  const view = chosenView ?? (looksBinary(start, encoding) ? 'hex' : 'text')
  return (
    <>
      <div class="viewer-bar">
        <ViewTabs view={view} onView={setView} />
        {view === 'text' && <EncodingChoice encoding={encoding} onEncoding={setEncoding} />}
        <Pager offset={offset} size={sizeBytes} onOffset={onOffset} />
      </div>
      {sizeBytes === 0 ? (
        <p class="faint">The stream is empty.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section class="viewer-content" tabIndex={0} aria-label={`Content as ${view}`}>
          <pre class={`viewer-${view}`} dir="ltr">
            {view === 'hex' ? (
              hexDump(bytes.subarray(0, PAGE_BYTES), offset)
            ) : (
              <VisibleText
                text={decodePage(bytes, PAGE_BYTES, offset === 0, encoding)}
                encoding={encoding}
              />
            )}
          </pre>
        </section>
      )}
    </>
  )
}

function EncodingChoice(props: { encoding: Encoding; onEncoding: (encoding: Encoding) => void }) {
  return (
    <label class="inline">
      <span class="faint">Read as</span>
      <select
        value={props.encoding}
        onChange={(event) => props.onEncoding(event.currentTarget.value as Encoding)}
      >
        {Object.entries(ENCODINGS).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  )
}

function VisibleText({ text, encoding }: { text: string; encoding: Encoding }) {
  return (
    <>
      {visiblePieces(text, encoding).map((piece, index) => (
        <span key={index} class={piece.isBytes ? 'escape' : undefined}>
          {piece.isBytes ? piece.text : marked(piece.text)}
        </span>
      ))}
    </>
  )
}

function ViewTabs(props: { view: 'text' | 'hex'; onView: (view: 'text' | 'hex') => void }) {
  return (
    <fieldset class="segmented">
      <legend class="visually-hidden">Show content as</legend>
      {(['text', 'hex'] as const).map((view) => (
        <button
          key={view}
          type="button"
          aria-pressed={props.view === view}
          onClick={() => props.onView(view)}
        >
          {view === 'text' ? 'Text' : 'Hex'}
        </button>
      ))}
    </fieldset>
  )
}

function Pager(props: { offset: number; size: number; onOffset: (offset: number) => void }) {
  const { offset, size, onOffset } = props
  const last = Math.floor(Math.max(0, size - 1) / PAGE_BYTES) * PAGE_BYTES
  if (last === 0) return <span class="faint">{plural(size, 'byte')}</span>
  const step = (label: string, to: number, isOff: boolean) => (
    <button type="button" class="button is-small" disabled={isOff} onClick={() => onOffset(to)}>
      {label}
    </button>
  )
  return (
    <div class="pager">
      <span class="faint">
        bytes {formatCount(offset)} to {formatCount(Math.min(size, offset + PAGE_BYTES) - 1)} of{' '}
        {formatCount(size)}
      </span>
      {step('First', 0, offset === 0)}
      {step('Previous', offset - PAGE_BYTES, offset === 0)}
      {step('Next', offset + PAGE_BYTES, offset >= last)}
      {step('Last', last, offset >= last)}
    </div>
  )
}
