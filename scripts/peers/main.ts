/** See scripts/compare-with-peers. */
import { existsSync } from 'node:fs'
import { findProgram } from '../lib/run.ts'
import { type Difference, differencesTo, type Peer } from './differences.ts'
import { listByFls } from './fls.ts'
import type { Listing } from './listed-stream.ts'
import { listThroughMount } from './ntfs-3g.ts'
import { listByScan } from './ours.ts'
import { listingOf, ntfsPartitions, type Part, streamsElsewhere, withDevice } from './partitions.ts'

const USAGE = 'usage: sudo scripts/compare-with-peers IMG'

function main(args: readonly string[]): number {
  const [image] = args
  if (image === undefined || args.length > 1 || image.startsWith('-')) {
    console.error(USAGE)
    return 2
  }
  if (!existsSync(image)) {
    console.error(`${image}: no such file`)
    return 2
  }
  const without = { 'ntfs-3g': whyNoMount(), fls: whyNoFls() }
  const missing = Object.values(without).filter((line) => line !== null)
  for (const line of missing) console.error(line)

  const ready = (Object.keys(without) as Peer[]).filter((peer) => without[peer] === null)
  const parts = ntfsPartitions(image)
  const differences: Difference[] = []
  let isAllCompared = true
  for (const part of parts.length === 0 ? [null] : parts) {
    const volume = part === null ? 'this volume' : `partition ${part.number}`
    const results = ready.map((peer) => compare(peer, image, part, parts))
    const compared = results.filter((result) => result !== 'refused')
    if (compared.length === 0) {
      console.log(`nothing was compared: no peer shows ${volume}`)
      isAllCompared = false
    }
    differences.push(...compared.flat())
  }
  differences.push(...inNoPartition(image, parts))
  const unexplained = differences.filter(({ peersFault }) => peersFault === null)
  if (differences.length > 0 || isAllCompared) {
    console.log(
      `${differences.length} differences, ${unexplained.length} of them not explained by a known fault of a peer`,
    )
  }
  return unexplained.length > 0 || missing.length > 0 || !isAllCompared ? 1 : 0
}

function whyNoMount(): string | null {
  const absent = ['ntfs-3g', 'python3'].find((name) => findProgram(name) === undefined)
  if (absent !== undefined) return `${absent} is missing: sudo apt-get install -y ${absent}`
  return process.getuid?.() === 0 ? null : `mounting the volume needs root: ${USAGE}`
}

function whyNoFls(): string | null {
  if (findProgram('fls') !== undefined) return null
  return 'fls is missing: sudo apt-get install -y sleuthkit'
}

function compare(
  peer: Peer,
  image: string,
  part: Part | null,
  parts: readonly Part[],
): readonly Difference[] | 'refused' {
  // fls shows the streams of NTFS itself, a mount does not.
  const all = scanned(image, peer === 'fls')
  const ours = part === null ? all : listingOf(all, part, parts)
  if ('refused' in ours) throw new Error(`sidestream scan: ${ours.refused}`)
  const theirs = peer === 'fls' ? listByFls(image, part) : mounted(image, part)
  const where = part === null ? '' : `partition ${part.number}: `
  if ('refused' in theirs) {
    console.log(
      `${where}${peer} shows nothing of this volume, and sidestream ${ours.streams.length} streams: ${theirs.refused.split('\n')[0]}`,
    )
    return 'refused'
  }
  const differences = differencesTo(peer, ours, theirs)
  for (const { what, peersFault } of differences) {
    console.log(
      `${where}${what}: ${peersFault === null ? 'NOT EXPLAINED' : `${peer}’s: ${peersFault}`}`,
    )
  }
  for (const { path, reason } of ours.unreadable)
    console.log(`${where}sidestream cannot read ${path}: ${reason}`)
  console.log(
    `${where}${peer}: ${theirs.streams.length} streams; sidestream: ${ours.streams.length}`,
  )
  return differences
}

const mounted = (image: string, part: Part | null): Listing =>
  part === null ? listThroughMount(image) : withDevice(image, part, listThroughMount)

const scans = new Map<boolean, Listing>()

/** A disk is scanned once for all its partitions. */
function scanned(image: string, internal: boolean): Listing {
  const listing = scans.get(internal) ?? listByScan(image, internal)
  scans.set(internal, listing)
  return listing
}

/** What only our own reading of the table leads to. */
function inNoPartition(image: string, parts: readonly Part[]): Difference[] {
  if (parts.length === 0) return []
  return streamsElsewhere(scanned(image, false), parts).map((name) => {
    const what = `${JSON.stringify(name).slice(1, -1)}: in no partition that mmls shows`
    console.log(`${what}: NOT EXPLAINED`)
    return { what, peersFault: null }
  })
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  console.error(`compare-with-peers: ${(error as Error).message}`)
  process.exitCode = 1
}
