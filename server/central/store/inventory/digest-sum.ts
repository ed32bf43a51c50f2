/** A machine's digest while it is summed: 128 bits in four numbers, since a BigInt for each stream would cost more. */

const LIMB = 2 ** 32
export const DIGEST_LIMBS = 4

/** A stream's digest as numbers, at a place of `limbs`: made where there is time, summed by the writer. */
export function writeLimbs(limbs: Uint32Array, place: number, hex: string): void {
  for (let index = 0; index < DIGEST_LIMBS; index += 1) {
    limbs[place * DIGEST_LIMBS + index] = limbOf(hex, index)
  }
}

function limbOf(hex: string, index: number): number {
  return Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16)
}

export class DigestSum {
  /** Most significant first. */
  readonly #limbs = new Float64Array(DIGEST_LIMBS)

  constructor(hex: string) {
    for (let index = 0; index < DIGEST_LIMBS; index += 1) this.#limbs[index] = limbOf(hex, index)
  }

  add(streamDigest: string): void {
    this.#combine((index) => limbOf(streamDigest, index))
  }

  subtract(streamDigest: string): void {
    this.#combine((index) => -limbOf(streamDigest, index))
  }

  /** What {@link writeLimbs} wrote there. */
  addLimbs(limbs: Uint32Array, place: number): void {
    this.#combine((index) => limbs[place * DIGEST_LIMBS + index] as number)
  }

  toHex(): string {
    return Array.from(this.#limbs, (limb) => limb.toString(16).padStart(8, '0')).join('')
  }

  #combine(limbAt: (index: number) => number): void {
    let carry = 0
    for (let index = DIGEST_LIMBS - 1; index >= 0; index -= 1) {
      const sum = (this.#limbs[index] as number) + limbAt(index) + carry
      carry = sum >= LIMB ? 1 : sum < 0 ? -1 : 0
      this.#limbs[index] = sum - carry * LIMB
    }
  }
}
