/** The volume that the benchmark scans: made once by make-volume.c, then kept. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { findProgram, root } from '../../lib/run.ts'
import { type Needed, programOf } from '../lib/packages.ts'
import { benchFolder } from '../lib/report.ts'

export interface VolumeImage {
  readonly image: string
  /** The bytes of its $MFT, for `cat`. */
  readonly mft: string
  readonly mftBytes: number
}

const GENERATOR = join(root, 'scripts/bench/scan/make-volume.c')

/** To make a volume. */
export const neededForVolume: readonly Needed[] = [
  { package: 'ntfs-3g-dev', isThere: () => existsSync('/usr/include/ntfs-3g/volume.h') },
  programOf('gcc', 'gcc'),
  programOf('ntfs-3g', 'mkntfs', 'ntfscat'),
]

export function volumeImage(files: number): VolumeImage {
  mkdirSync(benchFolder, { recursive: true })
  const image = join(benchFolder, `scan-${files}.img`)
  const mft = join(benchFolder, `scan-${files}.mft`)
  const isStale = !existsSync(image) || statSync(image).mtimeMs < statSync(GENERATOR).mtimeMs
  if (isStale || !existsSync(mft)) make(image, mft, files)
  return { image, mft, mftBytes: statSync(mft).size }
}

function make(image: string, mft: string, files: number): void {
  console.log(`making a volume of ${files} files …`)
  const generator = join(benchFolder, 'make-volume')
  run('gcc', ['-O2', '-Wall', '-Wextra', '-o', generator, GENERATOR, '-lntfs-3g'])
  const unfinished = `${image}.new`
  rmSync(unfinished, { force: true })
  writeFileSync(unfinished, '')
  // Sparse: takes a tenth of this on disk.
  truncateSync(unfinished, Math.ceil(files / 20_000) * 2 ** 30)
  run('mkntfs', ['-F', '-Q', '-q', '-L', 'BENCH', unfinished])
  run(generator, [unfinished, String(files)])
  run('sh', ['-c', 'ntfscat -f -i 0 "$1" > "$2"', 'sh', unfinished, mft])
  renameSync(unfinished, image)
}

function run(command: string, args: readonly string[]): void {
  execFileSync(findProgram(command) ?? command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
