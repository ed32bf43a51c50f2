/** Random numbers that are the same for the same seeds, on any machine. For made-up data, never for secrets. */

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number
  of<T>(all: readonly T[]): T
  hex(digits: number): string
}

/** sfc32 (Chris Doty-Humphrey), seeded by mixing the numbers. */
export function randomFrom(...seeds: readonly number[]): Random {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1]
  const step = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (const seed of seeds) {
    a ^= seed | 0
    for (let n = 0; n < 12; n += 1) step()
  }
  const next = (): number => step() / 0x1_0000_0000
  const below = (end: number): number => Math.floor(next() * end)
  return {
    next,
    below,
    of: (all) => all[below(all.length)]!,
    hex: (digits) => {
      let text = ''
      while (text.length < digits) text += step().toString(16).padStart(8, '0')
      return text.slice(0, digits)
    },
  }
}

/**
 * Ranks from 0 to `count` - 1, rank r as often as 1 / (r + 1)^exponent says. By inverting the integral: near
 * enough, and no table.
 */
export function zipf(count: number, exponent: number): (random: Random) => number {
  const power = 1 - exponent
  const whole = (count + 1) ** power - 1
  return (random) => Math.min(count - 1, Math.floor((random.next() * whole + 1) ** (1 / power)) - 1)
}
