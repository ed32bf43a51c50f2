/** Which NTFS volumes an image holds. On a disk mmls of The Sleuth Kit tells, so that our own reading is compared, too. */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'
import { findProgram } from '../lib/run.ts'
import type { Listing } from './listed-stream.ts'

export interface Part {
  /** As Windows and Linux count them. */
  readonly number: number
  readonly firstSector: number
  readonly sectors: number
  readonly sectorBytes: number
}

/** `002:  000:001   0000002048   0000004095   0000002048   NTFS / exFAT (0x07)`; in a GPT the slot is one number. */
const LINE = /^\d+:\s+(?:(\d+):)?(\d+)\s+(\d+)\s+\d+\s+(\d+)\s/
const MOST_PRIMARY = 4
const NTFS = 'NTFS    '

/** Empty: the image is one volume, or nothing that mmls knows. */
export function ntfsPartitions(image: string): Part[] {
  if (findProgram('mmls') === undefined || isNtfs(image, 0)) return []
  const { status, stdout } = spawnSync('mmls', ['-a', image], { encoding: 'utf8' })
  if (status !== 0) return []
  const sectorBytes = Number(/^Units are in (\d+)-byte sectors/m.exec(stdout)?.[1])
  const parts = stdout.split('\n').flatMap((line) => {
    const [, table, slot, first, length] = LINE.exec(line) ?? []
    if (slot === undefined) return []
    // Each logical partition has a table of its own, counted from 1 on.
    const isLogical = table !== undefined && Number(table) > 0
    const number = isLogical ? MOST_PRIMARY + Number(table) : Number(slot) + 1
    return [{ number, firstSector: Number(first), sectors: Number(length), sectorBytes }]
  })
  // The last sector holds a copy of the first.
  return parts.filter(({ firstSector, sectors }) =>
    [firstSector, firstSector + sectors - 1].some((sector) => isNtfs(image, sector * sectorBytes)),
  )
}

function isNtfs(image: string, offset: number): boolean {
  const bytes = Buffer.alloc(NTFS.length)
  const file = openSync(image, 'r')
  try {
    readSync(file, bytes, 0, bytes.length, offset + 3)
  } finally {
    closeSync(file)
  }
  return bytes.toString('latin1') === NTFS
}

/** Of a disk's listing what is in one of its volumes; a scan names the partition where there are several. */
export function listingOf(listing: Listing, { number }: Part, parts: readonly Part[]): Listing {
  if ('refused' in listing || parts.length === 1) return listing
  const prefix = `Partition${number}/`
  const ofPart = <Row extends { readonly path: string }>(rows: readonly Row[]) =>
    rows
      .filter(({ path }) => path.startsWith(prefix))
      .map((row) => ({ ...row, path: row.path.slice(prefix.length) }))
  return { streams: ofPart(listing.streams), unreadable: ofPart(listing.unreadable) }
}

/** The names of streams that are in none of these volumes. */
export function streamsElsewhere(listing: Listing, parts: readonly Part[]): string[] {
  if ('refused' in listing || parts.length === 1) return []
  return listing.streams
    .filter(({ path }) => !parts.some(({ number }) => path.startsWith(`Partition${number}/`)))
    .map(({ path, stream }) => `${path}:${stream}`)
}

/** Lends a device that is this partition, for programs that take whole volumes only. */
export function withDevice<Result>(
  image: string,
  { firstSector, sectors, sectorBytes }: Part,
  use: (device: string) => Result,
): Result | { refused: string } {
  const losetup = (args: readonly string[]) =>
    spawnSync(findProgram('losetup') ?? 'losetup', args, { encoding: 'utf8' })
  const { status, stdout, stderr } = losetup([
    ...['--find', '--show', '--read-only'],
    ...['--offset', String(firstSector * sectorBytes)],
    ...['--sizelimit', String(sectors * sectorBytes)],
    image,
  ])
  if (status !== 0) return { refused: `losetup: ${stderr?.trim() || 'not there'}` }
  const device = stdout.trim()
  try {
    return use(device)
  } finally {
    losetup(['--detach', device])
  }
}
