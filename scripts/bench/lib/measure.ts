/**
 * Times whole processes. Figures of different runs on a shared machine cannot be compared, so the programs
 * take turns, round after round, and a ratio is the median of the ratios within each round.
 */
import { spawnSync } from 'node:child_process'

export interface Usage {
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakKib: number
  readonly exitCode: number
  readonly stdout: string
}

export interface Timed {
  readonly name: string
  readonly command: readonly string[]
  /** What the program itself measured; its standard output is JSON with `wallMs`. */
  readonly reportsItself?: true
  /** Exit codes that are no failure; 0 if absent. */
  readonly exitCodes?: readonly number[]
}

/** Only wait4() tells a child's peak memory, and Node has none. Output goes nowhere unless asked for. */
const RUNNER = `
import json, os, sys, time
keep, command = sys.argv[1] == "keep", sys.argv[2:]
null = os.open(os.devnull, os.O_WRONLY)
read, write = os.pipe()
start = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ, file_actions=[
    (os.POSIX_SPAWN_DUP2, write if keep else null, 1), (os.POSIX_SPAWN_DUP2, null, 2),
    (os.POSIX_SPAWN_CLOSE, read)])
os.close(write)
text = b"".join(iter(lambda: os.read(read, 65536), b""))
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - start
print(json.dumps({"wallMs": wall * 1e3, "cpuMs": (usage.ru_utime + usage.ru_stime) * 1e3,
    "peakKib": usage.ru_maxrss, "exitCode": os.waitstatus_to_exitcode(status), "stdout": text.decode()}))
`

export function runOnce({ name, command, reportsItself, exitCodes = [0] }: Timed): Usage {
  const mode = reportsItself ? 'keep' : 'drop'
  const { status, stdout, stderr } = spawnSync('python3', ['-c', RUNNER, mode, ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`cannot run ${name}: ${stderr}`)
  const usage = JSON.parse(stdout) as Usage
  if (!exitCodes.includes(usage.exitCode)) {
    throw new Error(`${command.join(' ')} ended with exit code ${usage.exitCode}`)
  }
  return reportsItself ? { ...usage, ...(JSON.parse(usage.stdout) as Partial<Usage>) } : usage
}

/** Each program once for the cache, then `rounds` times in turn. */
export function takeTurns(programs: readonly Timed[], rounds: number): Map<string, Usage[]> {
  for (const program of programs) runOnce(program)
  const usages = new Map(programs.map(({ name }) => [name, [] as Usage[]]))
  for (let round = 0; round < rounds; round++) {
    for (const program of programs) usages.get(program.name)?.push(runOnce(program))
  }
  return usages
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Median over the rounds of what two programs' times make together. */
export function medianOfRounds(
  a: readonly Usage[],
  b: readonly Usage[],
  combine: (a: number, b: number) => number,
): number {
  return median(a.map((usage, round) => combine(usage.wallMs, b[round]!.wallMs)))
}
