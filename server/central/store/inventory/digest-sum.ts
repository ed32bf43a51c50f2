/** A machine's digest while it is summed: 128 bits in four numbers, since a BigInt for each stream would cost more. */

const LIMB = 2 ** 32

export class DigestSum {
  /** Most significant first. */
  readonly #limbs = new Float64Array(4)

  constructor(hex: string) {
    for (let index = 0; index < 4; index += 1) {
      this.#limbs[index] = Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16)
    }
  }

  add(streamDigest: string): void {
    this.#combine(streamDigest, 1)
  }

  subtract(streamDigest: string): void {
    this.#combine(streamDigest, -1)
  }

  toHex(): string {
    return Array.from(this.#limbs, (limb) => limb.toString(16).padStart(8, '0')).join('')
  }

  #combine(hex: string, sign: 1 | -1): void {
    let carry = 0
    for (let index = 3; index >= 0; index -= 1) {
      const limb = Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16)
      const sum = (this.#limbs[index] as number) + sign * limb + carry
      carry = sum >= LIMB ? 1 : sum < 0 ? -1 : 0
      this.#limbs[index] = sum - carry * LIMB
    }
  }
}
