/**
 * The demo's disks: two folders whose streams are the attributes that Samba keeps them in, and an NTFS
 * image. They tell what happens in every company: one vendor's installer on several machines, marked on
 * one and not on another; a payload hidden where nobody looks.
 */
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type StreamToWrite, writeSambaStreams } from '../lib/independent-disk.ts'
import { root } from '../lib/run.ts'

export interface DemoMachine {
  name: string
  /** What its agent covers: a folder or an image. */
  scope: string
  story: string
  /** Streams on the disk, where the demo wrote them itself. */
  streamCount: number
}

interface DemoFile {
  path: string
  content: string
  streams?: Record<string, string | Uint8Array>
}

const FIXTURE = 'test/fixtures/volumes/office-pc.img.gz'

/** All demo files carry this time: a strip that moved one would be seen at once. */
const WRITTEN_AT = new Date('2026-11-02T08:30:00Z')

const INSTALLER = `MZ${'Acme Setup 4.2 - demonstration content, not a program.\n'.repeat(380)}`
const DOWNLOADED = zone(
  'https://downloads.acme.example/4.2/AcmeSetup-4.2.exe',
  'https://www.acme.example/products/',
)

const RECEPTION: DemoFile[] = [
  {
    path: 'Users/Public/Downloads/AcmeSetup-4.2.exe',
    content: INSTALLER,
    streams: { 'Zone.Identifier': DOWNLOADED },
  },
  {
    path: 'Users/maria/Documents/price-list-2027.xlsx',
    content: 'PK spreadsheet',
    streams: { 'Zone.Identifier': zone('https://files.partner.example/price-list-2027.xlsx', '') },
  },
  {
    path: 'Users/maria/Documents/minutes.docx',
    content: 'PK document',
    streams: { 'Zone.Identifier': '[ZoneTransfer]\r\nZoneId=3\r\n' },
  },
  {
    path: 'Users/maria/Pictures/logo.png',
    content: 'PNG',
    streams: { 'com.dropbox.attrs': Uint8Array.of(10, 18, 10, 16, 1, 2, 3, 4, 5, 6, 7, 8) },
  },
  { path: 'Scripts/logon.ps1', content: 'Write-Host "Good morning"\r\n' },
]

const LAB: DemoFile[] = [
  { path: 'Software/AcmeSetup-4.2.exe', content: INSTALLER },
  {
    path: 'Users/jonas/Downloads/viewer.zip',
    content: 'PK archive',
    streams: { 'Zone.Identifier': zone('https://cdn.viewer.example/viewer.zip', '') },
  },
  {
    path: 'Users/jonas/Desktop/invoice.pdf',
    content: '%PDF-1.7 a harmless page',
    streams: {
      'Zone.Identifier': zone('http://203.0.113.7/inv/invoice.pdf', ''),
      'update.exe': `MZ${'This stands for a program hidden in a stream. It does nothing.\n'.repeat(12)}`,
    },
  },
]

/** Writes the disks below `folder` and says what is on them. */
export function writeDemoDisks(folder: string): DemoMachine[] {
  const image = join(folder, 'office-pc.img')
  mkdirSync(folder, { recursive: true })
  writeFileSync(image, gunzipSync(readFileSync(join(root, FIXTURE))))
  return [
    {
      name: 'RECEPTION-07',
      scope: join(folder, 'reception-07'),
      story: 'downloaded Acme’s installer itself: marked, so Windows asks at every start',
      streamCount: writeFiles(join(folder, 'reception-07'), RECEPTION),
    },
    {
      name: 'LAB-PC-12',
      scope: join(folder, 'lab-pc-12'),
      story:
        'got the same installer from a FAT stick: no mark; and an invoice that hides a program',
      streamCount: writeFiles(join(folder, 'lab-pc-12'), LAB),
    },
    {
      name: 'OFFICE-PC',
      scope: image,
      story: 'is an NTFS disk image: read raw, searched like any other, never written',
      streamCount: 0,
    },
  ]
}

function writeFiles(folder: string, files: readonly DemoFile[]): number {
  const streams: StreamToWrite[] = []
  for (const { path, content, streams: named = {} } of files) {
    const full = join(folder, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, content)
    for (const [stream, value] of Object.entries(named)) {
      streams.push({ path: full, stream, bytes: Buffer.from(value) })
    }
  }
  writeSambaStreams(streams)
  for (const { path } of files) utimesSync(join(folder, path), WRITTEN_AT, WRITTEN_AT)
  return streams.length
}

function zone(hostUrl: string, referrerUrl: string): string {
  const referrer = referrerUrl === '' ? '' : `ReferrerUrl=${referrerUrl}\r\n`
  return `[ZoneTransfer]\r\nZoneId=3\r\n${referrer}HostUrl=${hostUrl}\r\n`
}
