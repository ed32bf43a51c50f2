/** One machine: what it is, how each of its volumes was read, what could not be, and what is on it. */

import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { MachineDetail } from '../../server/protocol/api/machines.ts'
import type { ScanProgress, ScanSummary } from '../../server/protocol/scan.ts'
import { exactTerm } from '../../server/streams/query/write-term.ts'
import { api, isNotThere } from '../api.ts'
import { useEvents } from '../events.ts'
import { streamsUrl } from '../model/query-text.ts'
import { Empty, Facts, Failure, Loading, Notice, Time } from '../parts/bits.tsx'
import { compareUrl } from '../parts/compare-form.tsx'
import { useLive, useResource, useTitle } from '../parts/hooks.ts'
import { LabelsPanel } from '../parts/labels-panel.tsx'
import { Presence } from '../parts/machine-columns.tsx'
import { MachineHistory } from '../parts/machine-history.tsx'
import { Name } from '../parts/name.tsx'
import { QuarantinePanel } from '../parts/quarantine-panel.tsx'
import { LastScan, Scanning, Volumes } from '../parts/scan-panels.tsx'
import { StreamBrowser } from '../parts/stream-browser.tsx'
import { streamColumnsOfMachine } from '../parts/stream-columns.tsx'
import { say, sayError } from '../parts/toasts.tsx'
import { may } from '../session.ts'

export function MachinePage() {
  const { params } = useRoute()
  const id = params.id ?? ''
  const machine = useResource(id, (abort) => api.machine(id, abort))
  const progress = useScanProgress(id, machine.value?.scanning ?? null)
  useLive(
    (event) =>
      (event.type === 'machine.changed' || event.type === 'inventory.changed') &&
      event.machineId === id,
    machine.reload,
  )
  useTitle(machine.value?.machine.hostname ?? 'Machine')
  if (machine.value !== null) return <Detail detail={machine.value} scanning={progress} />
  return (
    <main class="page">
      {machine.error === null ? (
        <Loading what="machine" />
      ) : isNotThere(machine.error) ? (
        <Empty title="No such machine">
          <p>
            No machine with this id is enrolled here. <a href="/machines">See all machines.</a>
          </p>
        </Empty>
      ) : (
        <Failure error={machine.error} retry={machine.reload} />
      )}
    </main>
  )
}

/** Progress comes in events; the machine's own state begins and ends it. */
function useScanProgress(id: string, known: ScanProgress | null): ScanProgress | null {
  const [latest, setLatest] = useState<{
    known: ScanProgress | null
    progress: ScanProgress
  } | null>(null)
  useEvents((event) => {
    if (event.type === 'machine.scanning' && event.machineId === id) {
      setLatest({ known, progress: event.progress })
    }
    if (event.type === 'machine.changed' && event.machineId === id) setLatest(null)
  })
  return latest?.progress ?? known
}

function Detail({ detail, scanning }: { detail: MachineDetail; scanning: ScanProgress | null }) {
  const { machine, lastScan } = detail
  return (
    <main class="page">
      <header class="page-head">
        <div class="page-title">
          <p class="crumbs">
            <a href="/machines">Machines</a>
          </p>
          <h1>
            <Name text={machine.hostname} /> <Presence machine={machine} />
          </h1>
        </div>
        <div class="page-actions">
          {may('machines.ask') && (
            <a class="button" href={`/live?${new URLSearchParams({ hostname: machine.hostname })}`}>
              Ask it live…
            </a>
          )}
          <a class="button" href={compareUrl(machine.machineId, '')}>
            Compare…
          </a>
          <ScanButton detail={detail} isScanning={scanning !== null} />
        </div>
      </header>
      {!machine.isOnline && (
        <Notice tone="info">
          Offline since <Time at={machine.lastSeenAt} />. What is below is what was last seen;
          orders for this machine wait until it returns.
        </Notice>
      )}
      {scanning !== null && <Scanning progress={scanning} />}
      <div class="machine-panels">
        <MachineFactsPanel detail={detail} />
        <LastScan scan={lastScan} />
        <div class="stacked">
          <LabelsPanel machineId={machine.machineId} />
          <MachineHistory machineId={machine.machineId} />
        </div>
      </div>
      <Volumes volumes={volumesOf(lastScan)} />
      <QuarantinePanel machineId={machine.machineId} isOnline={machine.isOnline} />
      <section class="embedded">
        <h2>
          Streams on this machine{' '}
          <a class="faint" href={streamsUrl(exactTerm('machine', machine.machineId))}>
            search in them
          </a>
        </h2>
        <StreamBrowser
          query={exactTerm('machine', machine.machineId)}
          withGone={false}
          columns={streamColumnsOfMachine}
          machineId={machine.machineId}
        />
      </section>
    </main>
  )
}

const volumesOf = (scan: ScanSummary | null) => scan?.volumes ?? []

function ScanButton({ detail, isScanning }: { detail: MachineDetail; isScanning: boolean }) {
  const [isAsking, setIsAsking] = useState(false)
  const { machine } = detail
  if (!may('machines.ask')) return null
  const start = async () => {
    setIsAsking(true)
    try {
      const started = await api.scan(machine.machineId)
      say(started.isNew ? 'Scan started.' : 'A scan was already running.')
    } catch (error) {
      sayError(error)
    }
    setIsAsking(false)
  }
  return (
    <button
      type="button"
      class="button is-primary"
      disabled={!machine.isOnline || isScanning || isAsking}
      title={machine.isOnline ? undefined : 'The machine is offline'}
      onClick={() => void start()}
    >
      {isScanning ? 'Scanning…' : 'Scan now'}
    </button>
  )
}

function MachineFactsPanel({ detail: { machine, facts } }: { detail: MachineDetail }) {
  return (
    <section class="panel">
      <h2>Facts</h2>
      <Facts
        items={[
          ['Host name', <Name key="name" text={facts.hostname} />],
          [
            'System',
            <span key="system">
              <Name text={facts.platform} /> <Name text={facts.osRelease} />{' '}
              <Name text={facts.architecture} />
            </span>,
          ],
          ['Agent', <Name key="agent" text={facts.agentVersion} />],
          ['Machine id', <code key="id">{machine.machineId}</code>],
          ['Enrolled', <Time key="enrolled" at={machine.enrolledAt} />],
          ['Last seen', machine.isOnline ? 'now' : <Time key="seen" at={machine.lastSeenAt} />],
        ]}
      />
    </section>
  )
}
