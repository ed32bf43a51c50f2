/**
 * Fuzzes the decoders with libFuzzer under the address and undefined-behaviour sanitizers: test/fuzz/NAME.cc,
 * beginning with the committed corpus in test/fuzz/corpus/NAME. What it learns is kept in
 * .sidestream/fuzz/NAME. An input that fails is left in build/fuzz; run it again with
 * `build/fuzz/NAME FILE`. As many decoders are fuzzed at once as there are processors, each for the time given.
 *
 * usage: npm run fuzz -- NAME…|all [--minutes N | --seconds N] [--minimize]
 *   --minimize   afterwards, add to the committed corpus what covers more than it does
 */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { findProgram, root, run } from './lib/run.ts'
import { readArgs } from './lib/usage.ts'

const BUILD = join(root, 'build/fuzz')
const SOURCES = join(root, 'test/fuzz')
const FLAGS = '-std=c++20 -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all'.split(' ')
const SANITIZERS = 'address,undefined'
/** What is decoded, and the little that it stands on. */
const LIBRARY =
  /^native\/(ntfs|volume|listing)\/.*\.cc$|(base\/(sha256|run_on_threads)|streams\/(carrier|scan_part)|test\/native\/image)\.cc$/
const oneAProcessor = pLimit(availableParallelism())
/** Nothing that we decode may need more than this, or longer than ten seconds. */
const LIMITS = ['-rss_limit_mb=1024', '-timeout=10', '-max_len=8192']

async function main(): Promise<number> {
  const { values, positionals } = readArgs(import.meta.filename, {
    allowPositionals: true,
    options: {
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      minimize: { type: 'boolean', default: false },
    },
  })
  const all = readdirSync(SOURCES)
    .filter((file) => file.endsWith('.cc'))
    .map((file) => file.slice(0, -'.cc'.length))
  const names = positionals.includes('all') ? all : positionals
  const unknown = names.filter((name) => !all.includes(name))
  const seconds = values.seconds ?? String(60 * Number(values.minutes ?? 1))
  if (names.length === 0 || unknown.length > 0 || !(Number(seconds) > 0)) {
    console.error(`usage: npm run fuzz -- NAME…|all [--minutes N]; there are: ${all.join(', ')}`)
    return 2
  }
  if (findProgram('clang++') === undefined) {
    console.error('fuzz: needs clang: sudo apt-get install -y clang libclang-rt-14-dev libssl-dev')
    return 1
  }
  await build(names)
  const areClean = await oneAProcessor.map(names, async (name) => {
    const isClean = await fuzz(name, seconds)
    if (values.minimize && isClean) await minimize(name)
    return isClean
  })
  const failed = areClean.filter((isClean) => !isClean).length
  console.log(`${names.length - failed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

async function build(names: readonly string[]): Promise<void> {
  mkdirSync(BUILD, { recursive: true })
  const folders = ['ntfs', 'volume', 'listing', 'base', 'streams'].map((name) => `native/${name}`)
  const library = [...folders, 'test/native']
    .flatMap((folder) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`))
    .filter((file) => LIBRARY.test(file))
  const sources = [...library, ...names.map((name) => `test/fuzz/${name}.cc`)]
  const newestHeader = Math.max(...headers().map((file) => statSync(file).mtimeMs))
  const stale = sources.filter((source) => {
    const made = modified(objectOf(source))
    return made < modified(join(root, source)) || made < newestHeader
  })
  await oneAProcessor.map(stale, (source) => {
    const includes = ['-Inative', '-Itest/native', '-Itest/fuzz']
    const sanitize = `-fsanitize=fuzzer-no-link,${SANITIZERS}`
    return clang([...FLAGS, sanitize, ...includes, '-c', source, '-o', objectOf(source)])
  })
  for (const name of names) {
    const objects = [...library, `test/fuzz/${name}.cc`].map(objectOf)
    const libraries = ['-lcrypto', '-lpthread']
    await clang([
      `-fsanitize=fuzzer,${SANITIZERS}`,
      ...objects,
      ...libraries,
      '-o',
      join(BUILD, name),
    ])
  }
}

async function fuzz(name: string, seconds: string): Promise<boolean> {
  const learned = join(root, '.sidestream/fuzz', name)
  mkdirSync(learned, { recursive: true })
  const corpus = join(SOURCES, 'corpus', name)
  const { exitCode, output } = await run(
    join(BUILD, name),
    [
      `-max_total_time=${seconds}`,
      `-artifact_prefix=${BUILD}/${name}-`,
      '-print_final_stats=1',
      ...LIMITS,
      learned,
      ...(existsSync(corpus) ? [corpus] : []),
    ],
    false,
  )
  if (exitCode !== 0) console.log(output.slice(-8_000))
  const runs = /number_of_executed_units: *(\d+)/.exec(output)?.[1] ?? '?'
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'}  ${name}: ${runs} inputs`)
  return exitCode === 0
}

/** The smallest inputs that reach what all of them reach. */
async function minimize(name: string): Promise<void> {
  const corpus = join(SOURCES, 'corpus', name)
  mkdirSync(corpus, { recursive: true })
  await run(
    join(BUILD, name),
    ['-merge=1', ...LIMITS, corpus, join(root, '.sidestream/fuzz', name)],
    false,
  )
}

async function clang(args: readonly string[]): Promise<void> {
  const { exitCode, output } = await run('clang++', args, false)
  if (exitCode !== 0) throw new Error(`clang++ ${args.join(' ')} failed:\n${output}`)
}

function headers(): string[] {
  return ['native', 'test'].flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[])
      .filter((file) => file.endsWith('.h'))
      .map((file) => join(root, folder, file)),
  )
}

const objectOf = (source: string) => join(BUILD, `${source.replaceAll('/', '_')}.o`)
const modified = (file: string) => (existsSync(file) ? statSync(file).mtimeMs : 0)

process.exitCode = await main()
