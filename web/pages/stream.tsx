/** One stream: what it is, where it hangs, what it says, and what can be done about it. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { StreamRow } from '../../server/protocol/api/streams.ts'
import { neverStripReason } from '../../server/streams/never-strip.ts'
import { fileNameOf } from '../../server/streams/path-parts.ts'
import { exactTerm } from '../../server/streams/query/write-term.ts'
import { explainRule } from '../../server/streams/verdict.ts'
import { api, isNotThere } from '../api.ts'
import { filesUrl } from '../model/file-places.ts'
import { formatBytes, plural, zoneLabel } from '../model/format.ts'
import { streamsUrl } from '../model/query-text.ts'
import { Empty, Facts, Failure, Loading, Notice, Time, Verdict } from '../parts/bits.tsx'
import { ContentViewer } from '../parts/content-viewer.tsx'
import { ExplainPanel } from '../parts/explain-panel.tsx'
import { useLive, useResource, useTitle } from '../parts/hooks.ts'
import { Name, Path } from '../parts/name.tsx'
import { StripDialog } from '../parts/strip-dialog.tsx'
import { may } from '../session.ts'

export function StreamPage() {
  const { params } = useRoute()
  const id = params.id ?? ''
  const stream = useResource(id, (abort) => api.stream(id, abort))
  useLive(
    (event) => event.type === 'inventory.changed' && event.machineId === stream.value?.machineId,
    stream.reload,
  )
  useTitle(stream.value?.stream ?? 'Stream')
  if (stream.value !== null) return <StreamDetail row={stream.value} />
  return (
    <main class="page">
      {stream.error === null ? (
        <Loading what="stream" />
      ) : isNotThere(stream.error) ? (
        <Empty title="No such stream">
          <p>
            Central knows no stream with this number. <a href="/streams">Search all streams.</a>
          </p>
        </Empty>
      ) : (
        <Failure error={stream.error} retry={stream.reload} />
      )}
    </main>
  )
}

function StreamDetail({ row }: { row: StreamRow }) {
  const [isStripping, setIsStripping] = useState(false)
  const blocked = whyNotStrippable(row)
  return (
    <main class="page">
      <header class="page-head">
        <div class="page-title">
          <p class="crumbs">
            <a href="/streams">Streams</a> /{' '}
            <a href={`/machines/${row.machineId}`}>
              <Name text={row.hostname} />
            </a>
          </p>
          <h1>
            <Name text={row.stream} />
          </h1>
          <p class="carrier">
            on <Path path={row.path} />
          </p>
        </div>
        <div class="page-actions">
          <a class="button" href={filesUrl({ name: fileNameOf(row.path) })}>
            Where is this file?
          </a>
          {blocked === null && may('orders.create') && (
            <button type="button" class="button is-danger" onClick={() => setIsStripping(true)}>
              Strip this stream…
            </button>
          )}
        </div>
      </header>
      {row.goneAt !== null && (
        <Notice tone="info">
          Gone: the last scan that could read this carrier no longer found the stream (
          <Time at={row.goneAt} />
          ). What is below is what was last seen.
        </Notice>
      )}
      {row.goneAt === null && blocked !== null && (
        <Notice tone="info">This stream cannot be stripped: {blocked}</Notice>
      )}
      <div class="columns">
        <div>
          <VerdictPanel row={row} />
          {row.origin !== null && <OriginPanel row={row} />}
          {row.origin !== null && <ExplainPanel streamId={row.streamId} />}
          <section class="panel">
            <h2>Content</h2>
            {!may('content.read') ? (
              <p class="faint">Your role may not read contents.</p>
            ) : row.goneAt === null ? (
              <ContentViewer key={row.streamId} row={row} />
            ) : (
              <p class="faint">The stream is gone, and so is its content.</p>
            )}
          </section>
        </div>
        <StreamFacts row={row} />
      </div>
      {isStripping && (
        <StripDialog streamIds={[row.streamId]} onClose={() => setIsStripping(false)} />
      )}
    </main>
  )
}

function VerdictPanel({ row }: { row: StreamRow }) {
  return (
    <section class={`panel verdict-panel is-${row.verdict}`}>
      <h2>Verdict</h2>
      <p class="verdict-lead">
        <Verdict verdict={row.verdict} />
        <span>{explainRule(row.rule)}</span>
      </p>
      <p class="faint">
        Rule{' '}
        <a href={streamsUrl(exactTerm('rule', row.rule))}>
          <Name text={row.rule} />
        </a>
      </p>
    </section>
  )
}

/** Null: an order may name it. */
function whyNotStrippable(row: StreamRow): string | null {
  if (row.goneAt !== null) return 'it is gone.'
  const never = neverStripReason(row.stream)
  if (never !== null) return `${never}.`
  if (row.verdict === 'keep') return 'it holds data, and removing it would do damage.'
  if (row.sha256 === null)
    return 'its content could not be read, so nobody can say what would be removed.'
  if (!row.isStrippable)
    return 'its volume is read raw or read-only, or no finished scan has told yet.'
  return null
}

function OriginPanel({ row }: { row: StreamRow }) {
  const { origin } = row
  if (origin === null) return null
  const text = (value: string | null): ComponentChildren =>
    value === null ? null : <Name text={value} />
  return (
    <section class="panel">
      <h2>Origin</h2>
      <p class="faint">As written in the stream, by whoever wrote it.</p>
      <Facts
        items={[
          ['Zone', zoneLabel(origin.id)],
          ['Host URL', text(origin.hostUrl)],
          ['Referrer URL', text(origin.referrerUrl)],
          ['Host IP address', text(origin.hostIpAddress)],
          ['Last writer (package)', text(origin.lastWriterPackageFamilyName)],
          ['App zone', origin.appZoneId],
          ['App-defined zone', origin.appDefinedZoneId],
        ]}
      />
    </section>
  )
}

function sizeText(bytes: number): string {
  const exact = plural(bytes, 'byte')
  return bytes < 1024 ? exact : `${formatBytes(bytes)} (${exact})`
}

function StreamFacts({ row }: { row: StreamRow }) {
  return (
    <aside class="panel">
      <h2>Facts</h2>
      <Facts
        items={[
          [
            'Machine',
            <a key="machine" href={`/machines/${row.machineId}`}>
              <Name text={row.hostname} />
            </a>,
          ],
          ['Carrier', <Path key="path" path={row.path} />],
          ['Kind', row.kind],
          ['Size', sizeText(row.sizeBytes)],
          [
            'Allocated',
            `${formatBytes(row.allocatedBytes)}${row.isResident ? ', in the file record' : ''}`,
          ],
          [
            'SHA-256',
            row.sha256 === null ? (
              'not known: the content could not be read'
            ) : (
              <a
                key="hash"
                class="hash"
                href={streamsUrl(`sha256:${row.sha256}`)}
                title="All streams with this content"
              >
                {row.sha256}
              </a>
            ),
          ],
          ['Carrier modified', <Time key="modified" at={row.modifiedAt} />],
          ['First seen', <Time key="first" at={row.firstSeenAt} />],
          ['Last seen', <Time key="last" at={row.lastSeenAt} />],
          ['Gone', row.goneAt === null ? null : <Time key="gone" at={row.goneAt} />],
          ['Volume', <Name key="volume" text={row.volumeId} />],
          ['File identity', <Name key="identity" text={row.identity} />],
        ]}
      />
      {row.links.length > 1 && (
        <>
          <h3>{plural(row.links.length, 'hard link')} to the same file</h3>
          <ul class="links">
            {row.links.map((link) => (
              <li key={link}>
                <Path path={link} />
              </li>
            ))}
          </ul>
        </>
      )}
      <p class="faint">
        <a href={streamsUrl(exactTerm('machine', row.machineId))}>All streams of this machine</a>
      </p>
    </aside>
  )
}
