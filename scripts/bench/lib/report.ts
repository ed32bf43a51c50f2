/** A benchmark's table, its targets, and the JSON that keeps them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { root } from '../../lib/run.ts'
import { median, type Usage } from './measure.ts'

export const benchFolder = join(root, '.sidestream/bench')

export interface Target {
  readonly what: string
  readonly unit: string
  readonly value: number
  readonly atMost?: number
  readonly atLeast?: number
}

export function isMet({ value, atMost = Infinity, atLeast = -Infinity }: Target): boolean {
  return value <= atMost && value >= atLeast
}

export function printTimes(usages: ReadonlyMap<string, readonly Usage[]>): void {
  console.log(`\n${'program'.padEnd(34)}  median ms   (min to max)       CPU ms   peak MiB`)
  for (const [name, runs] of usages) {
    const walls = runs.map(({ wallMs }) => wallMs)
    const range = `(${Math.min(...walls).toFixed(0)} to ${Math.max(...walls).toFixed(0)})`
    const cpu = median(runs.map(({ cpuMs }) => cpuMs)).toFixed(0)
    const peak = (Math.max(...runs.map(({ peakKib }) => peakKib)) / 1024).toFixed(0)
    console.log(
      `${name.padEnd(34)}  ${median(walls).toFixed(1).padStart(9)}   ${range.padEnd(16)}  ${cpu.padStart(7)}   ${peak.padStart(8)}`,
    )
  }
}

/** Prints the targets, writes the JSON; returns the exit code. */
export function conclude(
  name: string,
  targets: readonly Target[],
  notMeasured: readonly string[],
  details: unknown,
): number {
  console.log('')
  for (const target of targets) {
    const { what, value, unit, atMost, atLeast } = target
    const limits = [
      ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
      ...(atMost === undefined ? [] : [`at most ${atMost}`]),
    ]
    console.log(
      `${isMet(target) ? 'met   ' : 'MISSED'}  ${what}: ${value.toFixed(2)} ${unit} (target: ${limits.join(' and ')})`,
    )
  }
  for (const line of notMeasured) console.log(`NOT MEASURED  ${line}`)
  mkdirSync(benchFolder, { recursive: true })
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version }
  const at = new Date().toISOString()
  const text = JSON.stringify({ name, at, machine, targets, notMeasured, details }, null, 2)
  writeFileSync(join(benchFolder, `${name}.json`), `${text}\n`)
  const missed = targets.filter((target) => !isMet(target)).length
  // What CI cannot measure it must not pass.
  return missed > 0 || (process.env.CI === 'true' && notMeasured.length > 0) ? 1 : 0
}
