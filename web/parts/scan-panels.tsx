import type { ScannedVolume, ScanProgress, ScanSummary } from '../../server/protocol/scan.ts'
import { formatCount, formatPercent, plural } from '../model/format.ts'
import { Facts, Status, Time } from './bits.tsx'
import { ScanStateLabel } from './machine-columns.tsx'
import { Name, Path } from './name.tsx'

export function Scanning({ progress }: { progress: ScanProgress }) {
  const { fractionDone, carriersSeen, streamsFound, unreadableCount } = progress
  return (
    <section class="scanning" role="status">
      <Status tone="busy">Scanning</Status>
      <progress max={1} value={fractionDone ?? undefined} aria-label="Scan progress" />
      <span>
        {fractionDone !== null && `${formatPercent(fractionDone)} · `}
        {plural(carriersSeen, 'file or folder', 'files and folders')} ·{' '}
        {plural(streamsFound, 'stream')}
        {unreadableCount > 0 && ` · ${formatCount(unreadableCount)} unreadable`}
      </span>
    </section>
  )
}

export function LastScan({ scan }: { scan: ScanSummary | null }) {
  if (scan === null) {
    return (
      <section class="panel">
        <h2>Last scan</h2>
        <p>No scan of this machine has finished yet: nothing is known about it.</p>
      </section>
    )
  }
  return (
    <section class="panel">
      <h2>Last scan</h2>
      <Facts
        items={[
          ['Result', <ScanStateLabel key="state" state={scan.state} />],
          ['Why', scan.message === '' ? null : <Name key="why" text={scan.message} />],
          ['Finished', <Time key="finished" at={scan.finishedAt} />],
          ['Took', duration(scan)],
          ['Files and folders', formatCount(scan.carriersSeen)],
          ['Streams', formatCount(scan.streamsFound)],
          ['Unreadable places', formatCount(scan.unreadableCount)],
        ]}
      />
      <Unreadable scan={scan} />
    </section>
  )
}

function duration({ startedAt, finishedAt }: ScanSummary): string {
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000
  if (!(seconds >= 0)) return ''
  if (seconds < 1) return 'less than a second'
  if (seconds < 120) return plural(Math.round(seconds), 'second')
  return plural(Math.round(seconds / 60), 'minute')
}

/** What is there is unknown, never clean: the places are named. */
function Unreadable({ scan }: { scan: ScanSummary }) {
  if (scan.unreadableCount === 0) return null
  const unnamed = scan.unreadableCount - scan.unreadable.length
  return (
    <details class="unreadable" open={scan.unreadable.length <= 5}>
      <summary>
        {plural(scan.unreadableCount, 'place')} could not be read: what is there is unknown
      </summary>
      <ul>
        {scan.unreadable.map((place) => (
          <li key={`${place.path}:${place.stream}`}>
            <Path path={place.path} />
            {place.stream !== null && (
              <>
                {' '}
                stream <Name text={place.stream} />
              </>
            )}
            <span class="faint">
              {' '}
              <Name text={place.code} />: <Name text={place.message} />
            </span>
          </li>
        ))}
      </ul>
      {unnamed > 0 && <p class="faint">And {formatCount(unnamed)} more that are not named here.</p>}
    </details>
  )
}

const PROVIDERS: Record<string, string> = {
  mft: 'raw $MFT',
  win32: 'Windows API',
  samba: 'Samba attributes',
  'ntfs-3g': 'ntfs-3g attributes',
}

export function Volumes({ volumes }: { volumes: readonly ScannedVolume[] }) {
  if (volumes.length === 0) return null
  return (
    <section class="panel">
      <h2>Volumes</h2>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Root</th>
            <th scope="col">Label</th>
            <th scope="col">File system</th>
            <th scope="col">Read through</th>
            <th scope="col">Strip and restore</th>
            <th scope="col">Volume id</th>
          </tr>
        </thead>
        <tbody>
          {volumes.map((volume) => (
            <tr key={`${volume.volumeId} ${volume.root}`}>
              <td>
                <Path path={volume.root} />
              </td>
              <td>
                <Name text={volume.label} />
              </td>
              <td>
                <Name text={volume.fileSystem} />
              </td>
              <td>
                <Name text={PROVIDERS[volume.provider] ?? volume.provider} />
              </td>
              <td>{volume.isWritable ? 'possible' : 'not possible: read-only here'}</td>
              <td>
                <Name text={volume.volumeId} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
