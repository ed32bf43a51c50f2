/**
 * How fast a volume is scanned, against reading its $MFT, starting Node, and the other listers that read
 * an image; and a folder, against getfattr.
 *
 * As root, and where apt-get is there, it installs what is missing for that.
 *
 * usage: npm run bench -- scan [--files N] [--rounds N] [--large] [--skip-live]
 *   --files N   of the volume and the folder; 200000 if not given, and less proves nothing
 *   --large     also a volume of five times as many files, to see that a record costs the same there
 */
import { parseArgs } from 'node:util'
import { root } from '../../lib/run.ts'
import { medianOfRounds, type Timed, takeTurns, type Usage } from '../lib/measure.ts'
import { bring, programOf } from '../lib/packages.ts'
import { benchFolder, conclude, printTimes, type Target } from '../lib/report.ts'
import { listedByGetfattr, listedByUs, liveTree } from './live-tree.ts'
import { sidestreamCommand } from './sidestream-command.ts'
import { neededForVolume, type VolumeImage, volumeImage } from './volume-image.ts'

const ENGINE = 'engine (addon, one process)'
const CAT = 'cat of $MFT'
const NODE = 'node -e 0'
const SIDESTREAM = 'sidestream scan, ndjson'

interface Peer {
  readonly program: string
  readonly args: readonly string[]
  readonly package: string
  readonly atLeast: number
}

const PEERS: readonly Peer[] = [
  { program: 'fls', args: ['-r', '-p'], package: 'sleuthkit', atLeast: 20 },
  { program: 'fsntfsinfo', args: ['-H'], package: 'libfsntfs-utils', atLeast: 10 },
  { program: '7zz', args: ['l', '-ba', '-sns'], package: '7zip', atLeast: 10 },
]

interface Findings {
  readonly targets: Target[]
  readonly notMeasured: string[]
  readonly details: Record<string, unknown>
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      files: { type: 'string', default: '200000' },
      rounds: { type: 'string', default: '5' },
      large: { type: 'boolean', default: false },
      'skip-live': { type: 'boolean', default: false },
    },
  })
  const files = Number(values.files)
  const rounds = Number(values.rounds)
  const findings: Findings = { targets: [], notMeasured: [], details: { files, rounds } }
  const missing = bring(neededForVolume)
  if (missing === null) {
    measureImage(volumeImage(files), rounds, findings)
    if (values.large) measureGrowth(files, rounds, findings)
    else findings.notMeasured.push('time per record on a larger volume; enable it: --large')
  } else {
    findings.notMeasured.push(`a volume's scan; enable it: ${missing}`)
  }
  if (!values['skip-live']) measureLive(files, rounds, findings)
  return conclude('scan', findings.targets, findings.notMeasured, findings.details)
}

const engine = (image: string, name = ENGINE): Timed => ({
  name,
  command: [process.execPath, `${root}/scripts/bench/scan/engine-process.ts`, image],
  reportsItself: true,
})

function measureImage({ image, mft, mftBytes }: VolumeImage, rounds: number, to: Findings): void {
  const peers = PEERS.filter((peer) => {
    const missing = bring([programOf(peer.package, peer.program)])
    if (missing !== null) to.notMeasured.push(`${peer.program}; enable it: ${missing}`)
    return missing === null
  })
  // The quick ones apart from the slow ones: a round should be short.
  const quick = takeTurns(
    [
      { name: CAT, command: ['cat', mft] },
      engine(image),
      { name: NODE, command: [process.execPath, '-e', '0'] },
      { name: SIDESTREAM, command: sidestreamCommand('scan', image, '--format', 'ndjson') },
    ],
    Math.max(rounds, 9),
  )
  const slow = takeTurns(
    [
      { name: SIDESTREAM, command: sidestreamCommand('scan', image, '--format', 'ndjson') },
      ...peers.map(({ program, args }) => ({ name: program, command: [program, ...args, image] })),
    ],
    rounds,
  )
  printTimes(quick)
  printTimes(slow)
  const of = (usages: Map<string, Usage[]>, name: string) => usages.get(name)!
  to.targets.push(
    {
      what: `engine alone against cat of the same ${(mftBytes / 1e6).toFixed(0)} MB of $MFT`,
      unit: 'times the time',
      value: medianOfRounds(of(quick, ENGINE), of(quick, CAT), (ours, cat) => ours / cat),
      atMost: 3,
    },
    {
      what: 'sidestream scan beyond node -e 0',
      unit: 's',
      value: medianOfRounds(of(quick, SIDESTREAM), of(quick, NODE), (a, b) => (a - b) / 1000),
      atMost: 0.35,
    },
    {
      what: 'peak memory of sidestream scan',
      unit: 'MiB',
      value: Math.max(...of(quick, SIDESTREAM).map(({ peakKib }) => peakKib)) / 1024,
      atMost: 120,
    },
    ...peers.map(({ program, atLeast }) => ({
      what: `sidestream scan against ${program}`,
      unit: 'times as fast',
      value: medianOfRounds(of(slow, program), of(slow, SIDESTREAM), (peer, ours) => peer / ours),
      atLeast,
    })),
  )
  Object.assign(to.details, { quick: withoutOutput(quick), slow: withoutOutput(slow), mftBytes })
}

/** Time per MFT record, small volume against large one, in the same rounds. The engine's own time has no start of Node in it. */
function measureGrowth(files: number, rounds: number, to: Findings): void {
  const [small, large] = [volumeImage(files), volumeImage(5 * files)]
  const names = [`engine, ${files} files`, `engine, ${5 * files} files`] as const
  const usages = takeTurns(
    [engine(small.image, names[0]), engine(large.image, names[1])],
    Math.max(rounds, 9),
  )
  printTimes(usages)
  const growth = large.mftBytes / small.mftBytes
  to.targets.push({
    what: `the engine's time per record on a volume ${growth.toFixed(2)} times as large`,
    unit: 'times',
    value: medianOfRounds(usages.get(names[1])!, usages.get(names[0])!, (b, a) => b / a / growth),
    atLeast: 0.8,
    atMost: 1.2,
  })
  Object.assign(to.details, { growth: withoutOutput(usages) })
}

function measureLive(files: number, rounds: number, to: Findings): void {
  const missing = bring([programOf('attr', 'getfattr')])
  if (missing !== null) {
    to.notMeasured.push(`a folder’s scan; enable it: ${missing}`)
    return
  }
  const tree = liveTree(benchFolder, files)
  const [ours, theirs] = [listedByUs(tree), listedByGetfattr(tree)]
  if (ours.digest !== theirs.digest) {
    throw new Error(
      `of ${tree} we list ${ours.streams} streams and getfattr ${theirs.streams}, or other contents`,
    )
  }
  const [us, getfattr] = ['sidestream scan of the folder', 'getfattr -R -d -m -']
  const usages = takeTurns(
    [
      { name: us, command: sidestreamCommand('scan', tree, '--format', 'ndjson') },
      { name: getfattr, command: ['getfattr', '-R', '-d', '-m', '-', '--absolute-names', tree] },
    ],
    Math.max(rounds, 9),
  )
  printTimes(usages)
  to.targets.push({
    what: `walk of ${files} files with ${ours.streams} streams against getfattr, same digest`,
    unit: 'times as fast',
    value: medianOfRounds(usages.get(getfattr)!, usages.get(us)!, (theirs, ours) => theirs / ours),
    atLeast: 3,
  })
  Object.assign(to.details, { live: withoutOutput(usages), liveDigest: ours })
}

function withoutOutput(usages: Map<string, Usage[]>): Record<string, unknown> {
  const strip = ({ stdout: _, ...usage }: Usage) => usage
  return Object.fromEntries([...usages].map(([name, runs]) => [name, runs.map(strip)]))
}
