/** Tells one boot of a machine from the next: an image is made in one and used in another. */
import { readFileSync } from 'node:fs'
import { platform, uptime } from 'node:os'

/** The clock may be set while a machine runs, but hardly by as much as a boot is apart from the next. */
const SLOT_MS = 120_000

export function currentBoot(): string {
  try {
    if (platform() === 'linux') {
      return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    }
  } catch {
    // A container may hide it; the time is good enough.
  }
  return `at ${Date.now() - uptime() * 1_000}`
}

export function isSameBoot(one: string, other: string): boolean {
  const [a, b] = [one, other].map((boot) => Number(/^at (\d+(?:\.\d+)?)$/.exec(boot)?.[1]))
  if (Number.isNaN(a) || Number.isNaN(b)) return one === other
  return Math.abs(a! - b!) < SLOT_MS
}
