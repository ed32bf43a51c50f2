/** See scripts/compare-with-peers. */
import { existsSync } from 'node:fs'
import { findProgram } from '../lib/run.ts'
import { type Difference, differencesTo, type Peer } from './differences.ts'
import { listByFls } from './fls.ts'
import type { Listing } from './listed-stream.ts'
import { listThroughMount } from './ntfs-3g.ts'
import { listByScan } from './ours.ts'

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

  const results = [
    without['ntfs-3g'] === null ? compare('ntfs-3g', image, listThroughMount(image)) : null,
    without.fls === null ? compare('fls', image, listByFls(image)) : null,
  ]
  const compared = results.filter((result) => result !== null && result !== 'refused')
  if (compared.length === 0) {
    console.log('nothing was compared: no peer shows this volume')
    return 1
  }
  const unexplained = compared.flat().filter(({ peersFault }) => peersFault === null)
  console.log(
    `${compared.flat().length} differences, ${unexplained.length} of them not explained by a known fault of a peer`,
  )
  return unexplained.length > 0 || missing.length > 0 ? 1 : 0
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

function compare(peer: Peer, image: string, theirs: Listing): readonly Difference[] | 'refused' {
  // fls shows the streams of NTFS itself, a mount does not.
  const ours = listByScan(image, peer === 'fls')
  if ('refused' in ours) throw new Error(`sidestream scan: ${ours.refused}`)
  if ('refused' in theirs) {
    console.log(
      `${peer} shows nothing of this volume, and sidestream ${ours.streams.length} streams: ${theirs.refused.split('\n')[0]}`,
    )
    return 'refused'
  }
  const differences = differencesTo(peer, ours, theirs)
  for (const { what, peersFault } of differences) {
    console.log(`${what}: ${peersFault === null ? 'NOT EXPLAINED' : `${peer}’s: ${peersFault}`}`)
  }
  for (const { path, reason } of ours.unreadable)
    console.log(`sidestream cannot read ${path}: ${reason}`)
  console.log(`${peer}: ${theirs.streams.length} streams; sidestream: ${ours.streams.length}`)
  return differences
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  console.error(`compare-with-peers: ${(error as Error).message}`)
  process.exitCode = 1
}
